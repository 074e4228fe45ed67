using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers;

/// <summary>For commands that hand on the events of traces: what is said at the end of each trace, and at the end of all.</summary>
internal static class TraceEnds
{
    private const int Plenty = 10;

    /// <summary>Says what is wrong with one trace.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="findings">Of all traces so far.</param>
    /// <param name="damages">Those of this one.</param>
    /// <param name="isCutShort">Whether it was not read to its end.</param>
    public static void Say(string file, TraceFindings findings, IEnumerable<TraceDamage> damages, bool isCutShort) =>
        Say(Sentence.File(file), file, findings, damages, isCutShort);

    /// <summary>The same of a trace that people know by another name.</summary>
    public static void Say(Sentence name, string file, TraceFindings findings, IEnumerable<TraceDamage> damages, bool isCutShort)
    {
        foreach (Sentence sentence in Of(name, file, findings, damages, isCutShort))
            Messages.Say(sentence);
    }

    /// <summary>What is wrong with one trace, in the order in which it is said.</summary>
    public static IEnumerable<Sentence> Of(string file, TraceFindings findings, IEnumerable<TraceDamage> damages, bool isCutShort) =>
        Of(Sentence.File(file), file, findings, damages, isCutShort);

    private static IEnumerable<Sentence> Of(
        Sentence name, string file, TraceFindings findings, IEnumerable<TraceDamage> damages, bool isCutShort)
    {
        bool cut = isCutShort;
        int count = 0;
        foreach (TraceDamage damage in damages)
        {
            if (count++ < Plenty)
                yield return $"{name}: {Messages.Of(damage)}";
            cut |= damage.Fault == TraceFault.CutTail;
        }
        if (count > Plenty)
            yield return $"{name}: and {count - Plenty + findings.Damages.More} more damages: `tcptracer verify {name}` names them";
        if (!findings.IsFinished && !cut)
            yield return $"{name}: the trace has no end record: {NoEnd.Why(file)}; everything before is good";
    }

    /// <summary>Says what the recorders lost, and which nodes gave nothing.</summary>
    public static void SayLost(TraceFindings findings)
    {
        foreach (Sentence sentence in LostIn(findings))
            Messages.Say(sentence);
    }

    /// <summary>What the recorders lost, and which nodes gave nothing.</summary>
    public static IEnumerable<Sentence> LostIn(TraceFindings findings) => findings.Lost.Select(l =>
        Sentence.Of($"while this was recorded, {Messages.Lost(l.Key, l.Value)}: {LossWords.Explain(l.Key)}"))
        .Concat(Of([.. findings.Absent.Values]));

    /// <summary>Says which nodes gave nothing.</summary>
    public static void SayAbsent(IReadOnlyList<AbsentNode> nodes)
    {
        foreach (Sentence sentence in Of(nodes))
            Messages.Say(sentence);
    }

    private static IEnumerable<Sentence> Of(IReadOnlyList<AbsentNode> nodes)
    {
        foreach (AbsentNode node in nodes.Take(Plenty))
            yield return $"while this was recorded, {Messages.Of(node)}";
        int more = nodes.Count - Plenty;
        if (more > 0)
            yield return $"and {Messages.Count(more, "more node")} gave nothing: `tcptracer info -o json` names them";
    }

    /// <summary>Says what is not known: names in hindsight, and records of later versions.</summary>
    /// <param name="findings">Of all traces.</param>
    /// <param name="fate">What happened to such records.</param>
    public static void SayUnknown(TraceFindings findings, string fate)
    {
        foreach (Sentence sentence in UnknownIn(findings, fate))
            Messages.Say(sentence);
    }

    /// <summary>What is not known: names in hindsight, and records of later versions.</summary>
    public static IEnumerable<Sentence> UnknownIn(TraceFindings findings, string fate)
    {
        if (findings.IsTooMuchForHindsight)
            yield return Messages.TooMuchForHindsight;
        foreach (string unknown in findings.UnknownNames)
            yield return $"{fate} what this version does not know: {Messages.Foreign(unknown)}";
    }

    /// <summary>Says what was lost, not known and hidden in all traces.</summary>
    /// <returns>An exit code.</returns>
    public static int SayOfAll(TraceSelection selection, TimeWindow times)
    {
        TraceFindings findings = selection.Findings;
        SayLost(findings);
        SayUnknown(findings, "passed over");
        SayDays([selection], times);
        Messages.SayHidden(SelectionResult.Of(selection, times));
        return findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done;
    }

    /// <summary>Says of which day a time of day was taken, where another day could be meant.</summary>
    /// <param name="selections">They have the same window.</param>
    /// <param name="times">What was asked for.</param>
    public static void SayDays(IReadOnlyList<TraceSelection> selections, TimeWindow times)
    {
        if (selections.Select(s => s.Window).FirstOrDefault(w => w is not null) is not { } window)
            return;
        if (selections.Any(s => s.Passed > 0) && times.UntilNextDay(window) is { Length: > 0 } later)
            Messages.Say(later);
        if (selections.Max(s => s.Span?.UntilNs) is { } end && times.LaterSuchTime(window, end) is { Length: > 0 } last)
            Messages.Say(last);
    }
}
