using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Words;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers;

/// <summary>Adds up the events of traces. If one cannot be read, the others are added up all the same.</summary>
internal static class SummaryHandler
{
    public static int Run(SummaryRequest request)
    {
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        request = request with { Times = EachTrace.Settle(request.Times, request.Files) };
        var selection = new TraceSelection(new EventFilter(request.Selection), request.Times) { Enrichment = request.Enrichment };
        return request.HasGroups ? RunGroups(request, selection) : RunPage(request, selection);
    }

    private static int RunPage(SummaryRequest request, TraceSelection selection)
    {
        var overview = new TraceOverview();
        var source = new TraceEventSource(selection, overview, Environment.ProcessorCount) { Allowance = new Allowance() };
        var toCome = new FilesToCome(request.Files);
        void Read(Stream trace)
        {
            toCome.Begin(overview.Tracker);
            source.Run(trace);
        }
        return Run(request, selection, Read, () =>
        {
            overview.Finish();
            if (request.Format == SummaryFormat.Json)
                Console.Out.WriteLine(SummaryJson.Write(overview, request));
            else
                SummaryPage.Print(overview, request);
            Messages.SayLetGo(overview.Tracker, TraceOverview.MostOpen);
            Messages.SayCountedTwice(overview.Tracker);
        });
    }

    private static int RunGroups(SummaryRequest request, TraceSelection selection)
    {
        var allowance = new Allowance();
        int workers = Environment.ProcessorCount;
        long? everyNs = request.Every is { } every ? every.Ticks * TimeSpan.NanosecondsPerTick : null;
        TraceSummary NewSummary() => new(request.By, everyNs)
        {
            MostBytes = TraceSummary.DefaultMostBytes / workers, Allowance = allowance,
        };
        TraceSummary[] summaries = [.. Enumerable.Range(0, workers).Select(_ => NewSummary())];
        var scan = new BlockScan(selection) { Allowance = allowance };
        return Run(request, selection, trace => scan.Run(trace, summaries), () =>
        {
            using var groups = new SummaryGroups(summaries, request.Order ?? GroupOrder.Largest(everyNs is not null));
            SummaryTable.Print(groups, request);
            if (groups.InOrder().Sum(g => g.Value.Unaccepted) is > 0 and var unaccepted)
                Messages.Say($"{Messages.Count(unaccepted, "connection")} never accepted: the listener's queue was full, or it was closed");
        });
    }

    /// <summary>Reads all files and prints, and then says what is wrong with the files and what is missing in them.</summary>
    private static int Run(SummaryRequest request, TraceSelection selection, Action<Stream> read, Action print)
    {
        TraceFindings findings = selection.Findings;
        var sayings = new List<Sentence>();
        bool isAnyRead = false;
        int worst = EachTrace.Of(request.Files, (file, trace) =>
        {
            int damagesBefore = findings.Damages.Count;
            read(trace);
            isAnyRead = true;
            IEnumerable<TraceDamage> damages = findings.Damages.Skip(damagesBefore);
            sayings.AddRange(damages.Select(d => Sentence.Of($"{Sentence.File(file)}: {Messages.Of(d)}")));
            return ExitCode.Done;
        });
        if (isAnyRead)
            print();
        sayings.ForEach(Messages.Say);
        if (findings.Damages.More > 0)
            Messages.Say(Messages.More(findings.Damages));
        if (findings.IsTooMuchForHindsight)
            Messages.Say(Messages.TooMuchForHindsight);
        TraceEnds.SayLost(findings);
        Messages.SayHidden(Hiding.Of(selection, request.Times));
        return EachTrace.Worse(worst, findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }
}
