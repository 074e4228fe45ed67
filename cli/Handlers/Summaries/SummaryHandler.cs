using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>Adds up the events of traces. If one cannot be read, the others are added up all the same.</summary>
internal static class SummaryHandler
{
    public static int Run(SummaryRequest request)
    {
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        request = request with { Times = EachTrace.Settle(request.Times, request.Files) };
        var selection = new TraceSelection(new EventFilter(request.Selection), request.Times) { Enrichment = request.Enrichment };
        if (!request.HasGroups)
            return RunPage(request, selection);
        return request.Connections ? RunConnections(request, selection) : RunGroups(request, selection);
    }

    private static int RunPage(SummaryRequest request, TraceSelection selection)
    {
        var overview = new TraceOverview();
        var source = new TraceEventSource(selection, overview, Environment.ProcessorCount) { Allowance = new Allowance() };
        var toCome = new FilesToCome(request.Files);
        var caveats = new TraceCaveats();
        return Run(request, selection, (file, trace) =>
        {
            int damagesBefore = selection.Findings.Damages.Count;
            toCome.Read(overview.Tracker, trace, t => source.Run(t));
            caveats.Add(file, source.Header, selection.Findings, selection.Findings.Damages.Skip(damagesBefore));
        }, () =>
        {
            overview.Finish();
            if (request.Format == SummaryFormat.Json)
                Console.Out.WriteLine(SummaryJson.Write(overview, caveats, request));
            else
                SummaryPage.Print(overview, caveats, request);
            Messages.SayLetGo(overview.Tracker, TraceOverview.MostOpen);
            Messages.SayCountedTwice(overview.Tracker);
        });
    }

    private static int RunGroups(SummaryRequest request, TraceSelection selection)
    {
        var allowance = new Allowance();
        int workers = Environment.ProcessorCount;
        TraceSummary NewSummary() => new(request.By, EveryNs(request))
        {
            MostBytes = TraceSummary.DefaultMostBytes / workers, Allowance = allowance,
        };
        TraceSummary[] summaries = [.. Enumerable.Range(0, workers).Select(_ => NewSummary())];
        var scan = new BlockScan(selection) { Allowance = allowance };
        return Run(request, selection, (_, trace) => scan.Run(trace, summaries), () =>
        {
            using SummaryGroups groups = Print(summaries, request);
            if (groups.InOrder().Sum(g => g.Value.Unaccepted) is > 0 and var unaccepted)
                Messages.Say($"{Messages.Count(unaccepted, "connection")} never accepted: the listener's queue was full, or it was closed");
        });
    }

    private static int RunConnections(SummaryRequest request, TraceSelection selection)
    {
        var summary = new TraceSummary(request.By, EveryNs(request)) { MostBytes = TraceSummary.DefaultMostBytes };
        var connections = new ConnectionSummary(selection, summary);
        var toCome = new FilesToCome(request.Files);
        return Run(request, selection, (_, trace) => toCome.Read(connections.Tracker, trace, connections.Run), () =>
        {
            TraceDamage? damage = connections.Finish();
            Print([summary], request).Dispose();
            if (damage is not null)
                Messages.Say(Messages.Of(damage));
            Messages.SayLetGo(connections.Tracker, TraceOverview.MostOpen);
            Messages.SayCountedTwice(connections.Tracker);
        });
    }

    private static long? EveryNs(SummaryRequest request) =>
        request.Every is { } every ? every.Ticks * TimeSpan.NanosecondsPerTick : null;

    private static SummaryGroups Print(TraceSummary[] summaries, SummaryRequest request)
    {
        var groups = new SummaryGroups(summaries, request.Order ?? GroupOrder.Largest(request.Every is not null));
        SummaryTable.Print(groups, request);
        return groups;
    }

    /// <summary>Reads all files and prints, and then says what is wrong with the files and what is missing in them.</summary>
    private static int Run(SummaryRequest request, TraceSelection selection, Action<string, Stream> read, Action print)
    {
        TraceFindings findings = selection.Findings;
        var sayings = new List<Sentence>();
        bool isAnyRead = false;
        int worst = EachTrace.Of(request.Files, (file, trace) =>
        {
            int damagesBefore = findings.Damages.Count;
            read(file, trace);
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
        TraceEnds.SayDays([selection], request.Times);
        Messages.SayHidden(SelectionResult.Of(selection, request.Times));
        return EachTrace.Worse(worst, findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }
}
