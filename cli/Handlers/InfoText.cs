using System.Globalization;
using System.Text;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Checks;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers;

/// <summary>A survey for people.</summary>
internal static class InfoText
{
    public static void Print(string file, TraceSurvey survey)
    {
        var text = new StringBuilder();
        void Line(string what, Sentence value) => text.Append(CultureInfo.InvariantCulture, $"  {what,-10} {value}\n");
        TraceHeader header = survey.Header;
        text.Append(Sentence.Of($"{Sentence.File(file)}: trace {header.Major}.{header.Minor} by {header.Tool}{(survey.Traces > 1 ? $", and {survey.Traces - 1} more behind it" : "")}")).Append('\n');
        Line("node", $"{header.Node}, Linux {header.Kernel}, {header.Machine}, {Messages.Count(header.Cpus, "processor")}");
        Line("boot", header.BootId);
        Line("run", header.RunId.ToString());
        Line("command", Sentence.Command(header.CommandLine));
        Line("hooks", string.Join(", ", header.Hooks));
        foreach (string refused in header.Refused)
            Line("without", refused);
        foreach (string source in header.Sources)
            Line("sources", source);
        Line("ring", Messages.Size(header.RingBytes));
        Line("started", Time(header.Clock.WallNs));
        if (survey.Events > 0)
        {
            Line("first", Time(survey.Span.FirstWallNs));
            Line("last", Time(survey.Span.LastWallNs));
            Line("spans", Span(survey.Span.Ns));
        }
        Line("ended", survey.End is { } end ? end.Cause : $"no end record: {NoEnd.Why(file)}");
        foreach (string sentence in Messages.SentencesOf(survey.End?.Unfinished ?? default))
            Line("at end", sentence);
        Line("events", $"{survey.Events}{ByOperation(survey)}");
        Line("size", $"{Messages.Size(survey.Bytes)} in {Messages.Count(survey.Blocks, "block")}{PerEvent(survey)}");
        Line("clocks", $"{Messages.Count(survey.Clocks.Count, "sample")}, wall clock drifted by {(survey.Span.DriftNs < 0 ? "-" : "")}{Span(Math.Abs(Math.Max(survey.Span.DriftNs, -long.MaxValue)))}{Steps(survey)}");
        if (survey.Names.Records > 0)
            Line("names", Names(survey.Names));
        if (survey.Names.FirstPods.Count > 0)
            Line("pods", Pods(survey.Names));
        if (survey.Top.Events > 0)
        {
            Line("busiest", Shares(survey, survey.Top.Owners(FewTop), OwnerOf));
            Line("peers", Shares(survey, survey.Top.Remotes(FewTop), name => name));
        }
        string unreadable = Unreadable.Of(survey.Damages, survey.EventsUnread, survey.EventsThereWere, survey.End is not null);
        Line("lost", $"{(survey.Losses.Count == 0 ? "0 events" : Losses(survey))}{(unreadable.Length == 0 ? "" : " while recording")}{unreadable}");
        foreach (TraceDamage damage in survey.Damages)
            Line("damage", Messages.Of(damage));
        if (survey.Damages.More > 0)
            Line("damage", Messages.More(survey.Damages));
        foreach (string unknown in survey.Unknown)
            Line("unknown", unknown);
        Console.Out.Write(text.ToString()); // at once
    }

    private static string Time(long unixNs)
    {
        var buffer = new TextBuffer();
        buffer.AppendTimestamp(unixNs);
        return Encoding.ASCII.GetString(buffer.Written);
    }

    private static string Span(long ns) => ns switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e3:0.###} us"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e6:0.###} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e9:0.###} s"),
    };

    private static string ByOperation(TraceSurvey survey)
    {
        List<string> parts = [.. Enum.GetValues<Operation>().Where(o => survey.CountOf(o) > 0).Select(o => $"{survey.CountOf(o)} {OperationNames.NameOf(o)}")];
        if (survey.CountOfOthers > 0)
            parts.Add($"{survey.CountOfOthers} that this version does not know");
        return parts.Count == 0 ? "" : $": {string.Join(", ", parts)}";
    }

    private static string PerEvent(TraceSurvey survey) =>
        survey.Events == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)survey.Bytes / survey.Events:0.0} B/event");

    private static string Steps(TraceSurvey survey)
    {
        int steps = survey.Clocks.Count(c => c.Cause == ClockCause.Step);
        return steps == 0 ? "" : $", set {Messages.Count(steps, "time")}";
    }

    private static string Names(NamesSurvey names)
    {
        string Count(WorkloadKind kind, string noun) => Messages.Count(names.CountOf(kind), noun);
        return $"{(names.IsIncomplete ? "more than " : "")}{Count(WorkloadKind.Pod, "pod")}, {Count(WorkloadKind.Container, "container")}, {Count(WorkloadKind.Cgroup, "cgroup")}, "
            + $"{Count(WorkloadKind.Service, "service")}, {Count(WorkloadKind.Node, "node")}";
    }

    /// <summary>By namespace, and the first few by name.</summary>
    private static string Pods(NamesSurvey names)
    {
        const int few = 5;
        IEnumerable<string> largest = names.Namespaces.OrderByDescending(n => n.Value).ThenBy(n => n.Key, StringComparer.Ordinal).Take(few).Select(n => $"{n.Value} in {Messages.Foreign(n.Key)}");
        string more = names.Namespaces.Count > few ? $", and {Messages.Count(names.Namespaces.Count - few, "more namespace")}" : "";
        string others = names.CountOf(WorkloadKind.Pod) > names.FirstPods.Count ? ", ..." : "";
        return $"{string.Join(", ", largest)}{more}: {string.Join(", ", names.FirstPods.Select(Messages.Foreign))}{others}";
    }

    private const int FewTop = 4;

    /// <summary>The largest shares of the events, of how many, and whether that is all of them. Their names are texts of fields.</summary>
    private static Sentence Shares(TraceSurvey survey, IEnumerable<KeyValuePair<string, SummaryTotals>> top, Func<string, string> nameOf)
    {
        Sentence shares = Sentence.Join(", ", top.Select(g => Sentence.Of($"{Sentence.AlreadyClean(Messages.Foreign(nameOf(g.Key)))} {100.0 * g.Value.Events / survey.Top.Events:0} %")));
        return survey.Top.Blocks < survey.Blocks ? $"{shares} (by {survey.Top.Blocks} of {survey.Blocks} blocks)" : shares;
    }

    /// <summary>A command in its pod, or of the node itself.</summary>
    private static string OwnerOf(string name) => name.Split(TraceSummary.Separator) is [var ns, var pod, var comm] && pod != "<>" ? $"{comm} in {ns}/{pod}" : name.Split(TraceSummary.Separator)[^1];

    private static string Losses(TraceSurvey survey) => string.Join("; ", survey.LossesBySource.Values.Select(l =>
        $"{l.Count} ({LossWords.Of(l.Source)}) between {Time(survey.LossTimesBySource[l.Source].SinceNs)} and {Time(survey.LossTimesBySource[l.Source].UntilNs)}"));
}
