using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Traces;
using TcpTracer.Recorder.Targets;
using TcpTracer.Replay.Copies;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Copies;

/// <summary>
/// A run of a command that copies traces. The copy gets its name when it is whole and on the disk. If one of several files cannot be read,
/// the others are copied all the same.
/// </summary>
internal static class CopyRun
{
    /// <param name="request">What was asked for.</param>
    /// <param name="begin">Begins the copy. The times of the request it gets are absolute.</param>
    /// <param name="inputs">All files that are read; null: the traces.</param>
    public static int Run(
        CopyRequest request, Func<CopyRequest, TraceSelection, Stream, TraceCopy> begin, IEnumerable<string>? inputs = null)
    {
        request = Settle(request);
        TraceSelection selection = SelectionOf(request);
        using var unfinished = new UnfinishedFile();
        using Stream to = Create(request.Output, request.Force, inputs ?? request.Files);
        TraceCopy copy = begin(request, selection, to);
        int worst = EachTrace.Read(request.Files, selection.Findings, (_, trace) => copy.Run(trace));
        if (copy.Traces == 0)
            return worst; // nothing could be read: nothing is written
        Place(to);
        SayFindings(selection.Findings);
        SayCut(copy.IsHeaderCut);
        TraceEnds.SayDays([selection], request.Times);
        if (selection.Passed == 0 && selection.Hidden > 0)
            Messages.SayHidden(SelectionResult.Of(selection, request.Times));
        string events = $"{selection.Passed} of {Messages.Count(selection.Findings.Events, "event")}";
        Messages.Line($"{events} copied to {Messages.Output(request.Output)} ({Messages.Size(copy.BytesWritten)})");
        return EachTrace.Worse(worst, selection.Findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }

    /// <summary>Checks a request, and settles its times: that may read the beginnings of the files.</summary>
    public static CopyRequest Settle(CopyRequest request)
    {
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        return request with { Times = EachTrace.Settle(request.Times, request.Files) };
    }

    /// <summary>The events that are copied. Those that other commands show only when asked for are among them.</summary>
    public static TraceSelection SelectionOf(CopyRequest settled) =>
        new(new EventFilter(settled.Selection with { Existing = true, Progress = true }), settled.Times)
        {
            Enrichment = settled.Enrichment,
        };

    /// <summary>What the header of a copy says it was asked for.</summary>
    public static string Described(CopyRequest settled) => Described(settled.Selection, settled.Times);

    /// <summary>The same of a selection and a window.</summary>
    public static string Described(Selection selection, TimeWindow times)
    {
        string[] all = [selection.DescribeWanted(), times.DescribeMoments()];
        return string.Join(' ', all.Where(o => o.Length > 0));
    }

    /// <summary>Begins the file. It may be none of those that are read, under whatever name.</summary>
    public static Stream Create(string output, bool force, IEnumerable<string> inputs)
    {
        IEnumerable<FileIdentity> reserved = inputs
            .Select(TraceFiles.FactsOf)
            .Where(f => f is { Kind: FileKind.Regular }).Select(f => f!.Value.Identity);
        return TraceFiles.Create(output, force ? IfExists.Overwrite : IfExists.Refuse, [.. reserved]);
    }

    /// <summary>Gives the file its name.</summary>
    public static void Place(Stream to)
    {
        if (to is TraceOutput { IsFile: true } file)
            SayDisplaced(file.Name, file.PlaceWhole());
    }

    /// <summary>Says where the file is that had the name before.</summary>
    public static void SayDisplaced(string name, Displaced displaced)
    {
        if (displaced.MovedTo is { } moved)
            Messages.Say(OutputFailure.Of(new TargetNews.MovedAside(name, moved, displaced.ReplacedOlder)));
    }

    /// <summary>Says that texts of headers are not in the copy.</summary>
    public static void SayCut(bool isCut)
    {
        if (isCut)
            Messages.Say("the copy has not all texts of the headers, such as command lines: they are too long for one record");
    }

    /// <summary>Says what the copy lacks.</summary>
    public static void SayFindings(TraceFindings findings)
    {
        TraceEnds.SayLost(findings);
        if (findings.EventsUnread > 0)
            Messages.Say($"the copy lacks {Messages.Count(findings.EventsUnread, "event")} of damaged parts, and says so");
        TraceEnds.SayUnknown(findings, "left out");
    }
}
