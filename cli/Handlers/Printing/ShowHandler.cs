using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers.Printing;

/// <summary>
/// Prints the events of trace files, one file after the other. If one cannot be read, the others are printed all the same.
/// </summary>
internal static class ShowHandler
{
    public static int Run(ShowRequest request)
    {
        StandardOutput.RequireOpen();
        if (request.Follow)
        {
            Signals.HearInterrupts();
            // The last name may be that of a set
            IEnumerable<string> last = FollowedTrace.FilesOf(request.Files[^1], RecordingHeader.BootId);
            request = request with { Files = [.. request.Files.SkipLast(1), .. last] };
        }
        if (request is { Follow: true, Enrichment: Enrichment.Hindsight })
            throw new SelectionException("--enrich hindsight needs the whole file: leave out --follow");
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        using Stream output = new StandardOutput();
        var filter = new EventFilter(request.Selection);
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        request = request with { Times = times };
        var selection = new TraceSelection(filter, times)
        {
            Enrichment = request.Enrichment, Limit = ShowRun.LimitsEvents(request) ? request.First : null,
        };
        ShowRun run = ShowRun.Of(request, selection, output);
        int worst = ExitCode.Done;
        IReadOnlyList<FilePart> parts = LastFileSearch.Of(request.Connections ? request with { Last = null } : request);
        HashSet<string> read = [];
        foreach ((FilePart part, bool isLast) in parts.Select((p, i) => (p, i == parts.Count - 1)))
        {
            read.Add(part.File);
            int status = request.Follow && isLast ? Follow(part, run) : Show(part, run);
            worst = EachTrace.Worse(worst, status);
            if (run.IsOver)
                break;
        }
        run.Finish();
        worst = EachTrace.Worse(worst, EachTrace.Missing(request.Files.Except(read)));
        return EachTrace.Worse(worst, TraceEnds.SayOfAll(selection, times));
    }

    /// <summary>Prints a file while it is written, and the files of its set behind it.</summary>
    private static int Follow(FilePart part, ShowRun run)
    {
        var files = new FollowedFiles(run.Selection, () => run.IsOver, (file, trace) => Print(file, trace, run));
        using var signals = new Signals(
            _ => files.Stop(), () => Messages.Say($"{Messages.Count(run.Selection.Passed, "event")} shown"));
        return files.Run(part);
    }

    /// <summary>Prints one file and says what is wrong with it.</summary>
    private static int Show(FilePart part, ShowRun run) => EachTrace.One(part.File, (_, trace) => Print(part, trace, run));

    /// <summary>Prints an open file and says what is wrong with it.</summary>
    private static int Print(FilePart part, Stream trace, ShowRun run)
    {
        TraceFindings findings = run.Selection.Findings;
        int damagesBefore = findings.Damages.Count;
        run.Print(trace, part.From);
        TraceEnds.Say(part.File, findings, findings.Damages.Skip(damagesBefore), isCutShort: run.IsOver);
        return ExitCode.Done;
    }
}
