using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
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
        var allowance = new Allowance();
        int workers = Environment.ProcessorCount;
        TraceSummary NewSummary() => new(request.By) { MostBytes = TraceSummary.DefaultMostBytes / workers, Allowance = allowance };
        TraceSummary[] summaries = [.. Enumerable.Range(0, workers).Select(_ => NewSummary())];
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        var selection = new TraceSelection(request.Filter, times) { Enrichment = request.Enrichment };
        TraceFindings findings = selection.Findings;
        var scan = new BlockScan(selection) { Allowance = allowance };
        var sayings = new List<Sentence>();
        bool isAnyRead = false;
        int worst = EachTrace.Of(request.Files, (file, trace) =>
        {
            int damagesBefore = findings.Damages.Count;
            scan.Run(trace, summaries);
            isAnyRead = true;
            IEnumerable<TraceDamage> damages = findings.Damages.Skip(damagesBefore);
            sayings.AddRange(damages.Select(d => Sentence.Of($"{Sentence.File(file)}: {Messages.Of(d)}")));
            return ExitCode.Done;
        });
        using (var groups = new SummaryGroups(summaries))
        {
            if (isAnyRead)
                SummaryTable.Print(groups, request);
            if (groups.Largest().Sum(g => g.Value.Unaccepted) is > 0 and var unaccepted)
                Messages.Say($"{Messages.Count(unaccepted, "connection")} never accepted: the listener's queue was full, or it was closed");
        }
        sayings.ForEach(Messages.Say);
        if (findings.Damages.More > 0)
            Messages.Say(Messages.More(findings.Damages));
        if (findings.IsTooMuchForHindsight)
            Messages.Say(Messages.TooMuchForHindsight);
        foreach ((Formats.Events.LossSource cause, long count) in findings.Lost)
            Messages.Say($"while this was recorded, {Messages.Lost(cause, count)}: {LossWords.Explain(cause)}");
        Messages.SayHidden(Hiding.Of(selection, times));
        return EachTrace.Worse(worst, findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }
}
