using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Words;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers;

/// <summary>For commands that hand on the events of traces: what is said at the end of each trace, and at the end of all.</summary>
internal static class TraceEnds
{
    /// <summary>Says what is wrong with one trace.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="findings">Of all traces so far.</param>
    /// <param name="damages">Those of this one.</param>
    /// <param name="isCutShort">Whether it was not read to its end.</param>
    public static void Say(string file, TraceFindings findings, IEnumerable<TraceDamage> damages, bool isCutShort)
    {
        Sentence name = Sentence.File(file);
        bool cut = isCutShort;
        const int plenty = 10;
        int count = 0;
        foreach (TraceDamage damage in damages)
        {
            if (count++ < plenty)
                Messages.Say($"{name}: {Messages.Of(damage)}");
            cut |= damage.Fault == TraceFault.CutTail;
        }
        if (count > plenty)
            Messages.Say($"{name}: and {count - plenty + findings.Damages.More} more damages: `tcptracer verify {name}` names them");
        if (!findings.IsFinished && !cut)
            Messages.Say($"{name}: the trace has no end record: {NoEnd.Why(file)}; everything before is good");
    }

    /// <summary>Says what was lost, not known and hidden in all traces.</summary>
    /// <returns>An exit code.</returns>
    public static int SayOfAll(TraceSelection selection, TimeWindow times)
    {
        TraceFindings findings = selection.Findings;
        foreach ((LossSource cause, long count) in findings.Lost)
            Messages.Say($"while this was recorded, {Messages.Lost(cause, count)}: {LossWords.Explain(cause)}");
        if (findings.IsTooMuchForHindsight)
            Messages.Say(Messages.TooMuchForHindsight);
        foreach (string unknown in findings.UnknownNames)
            Messages.Say($"passed over what this version does not know: {Messages.Foreign(unknown)}");
        if (selection.Passed > 0 && selection.Window is { } window && times.UntilNextDay(window) is { Length: > 0 } later)
            Messages.Say(later);
        Messages.SayHidden(Hiding.Of(selection, times));
        return findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done;
    }
}
