using System.Globalization;
using System.Text;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers.Inspection;

/// <summary>What <c>info</c> says about a trace, for people.</summary>
internal static class InfoText
{
    public static void Print(string file, TraceSurvey survey)
    {
        var text = new StringBuilder();
        void Line(string what, Sentence value) => AppendLine(text, what, value);
        TraceHeader header = survey.Header;
        string more = survey.Traces > 1 ? $", and {survey.Traces - 1} more behind it" : "";
        bool hasHeader = header.Tool.Length > 0;
        Sentence origin = hasHeader ? Sentence.Of($"by {header.Tool}") : "without a header: what recorded it, where and when is not known";
        text.Append(Sentence.Of($"{Sentence.File(file)}: trace {header.Major}.{header.Minor} {origin}{more}")).Append('\n');
        if (hasHeader)
            PrintHeader(header, Line);
        if (survey.Events > 0)
        {
            Line("first", Time(survey.Span.FirstWallNs));
            Line("last", Time(survey.Span.LastWallNs));
            Line("spans", Span(survey.Span.Ns));
        }
        Line("ended", survey.End is { } end ? end.Cause : $"no end record: {NoEnd.Why(file)}");
        foreach (string sentence in Messages.SentencesOf(survey.End?.Unfinished ?? default))
            Line("at end", sentence);
        if (survey.End?.Names is { } names)
        {
            foreach (Sentence source in NamesAtEndWords.OfSources(names, header.Clock, Time))
                Line("at end", source);
            if (NamesAtEndWords.OfUnnamed(names.Unnamed) is { } unnamed)
                Line("unnamed", unnamed);
        }
        Line("events", $"{survey.Events}{ByOperation(survey)}");
        Line("size", $"{Messages.Size(survey.Bytes)} in {Messages.Count(survey.Blocks, "block")}{PerEvent(survey)}");
        string samples = Messages.Count(survey.Clocks.Count, "sample");
        Line("clocks", $"{samples}, wall clock drifted by {Drift(survey.Span.DriftNs)}{Steps(survey)}");
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
        string whileRecording = unreadable.Length == 0 ? "" : " while recording";
        Line("lost", $"{(survey.Losses.Count == 0 ? "0 events" : Losses(survey))}{whileRecording}{unreadable}");
        foreach (TraceDamage damage in survey.Damages)
            Line("damage", Messages.Of(damage));
        if (survey.Damages.More > 0)
            Line("damage", Messages.More(survey.Damages));
        foreach (string unknown in survey.Unknown)
            Line("unknown", unknown);
        Console.Out.Write(text.ToString()); // in one piece
    }

    private static void PrintHeader(TraceHeader header, Action<string, Sentence> line)
    {
        line("node", NodeOf(header));
        line("boot", header.BootId);
        line("run", header.RunId.ToString());
        if (header.CommandLine.Count > 0) // a copy may not have them
            line("command", Sentence.Command(header.CommandLine));
        if (header.Hooks.Count > 0)
            line("hooks", string.Join(", ", header.Hooks));
        foreach (CopyNote copy in header.Copies)
        {
            string options = copy.Options.Length > 0 ? $" {copy.Options}" : "";
            line(copy.How == CopyNote.Redact ? "redacted" : "copy", $"by {copy.Tool} {copy.How}{options}");
        }
        foreach (MergedSource source in header.Merged.Take(MostSources))
            line("merged", SourceOf(source));
        if (header.Merged.Count > MostSources)
            line("merged", $"and {Messages.Count(header.Merged.Count - MostSources, "more trace")}");
        foreach (AbsentNode node in header.Absent.Take(MostSources))
            line("absent", Messages.Of(node));
        if (header.Absent.Count > MostSources)
            line("absent", $"and {Messages.Count(header.Absent.Count - MostSources, "more node")}");
        foreach (string refused in header.Refused)
            line("without", refused);
        foreach (string source in header.Sources)
            line("sources", source);
        line("ring", Messages.Size(header.RingBytes));
        line("started", Time(header.Clock.WallNs));
    }

    /// <summary>What is known of the node: a copy may not have it.</summary>
    private static Sentence NodeOf(TraceHeader header) => Sentence.Join(", ", new[]
    {
        header.Node.Length > 0 ? Sentence.Of($"{header.Node}") : Sentence.None,
        header.Kernel.Length > 0 ? Sentence.Of($"Linux {header.Kernel}") : Sentence.None,
        header.Machine.Length > 0 ? Sentence.Of($"{header.Machine}") : Sentence.None,
        header.Cpus > 0 ? Sentence.Of($"{Messages.Count(header.Cpus, "processor")}") : Sentence.None,
    }.Where(s => s.ToString().Length > 0));

    /// <summary>On a terminal, a line that is too long goes on below its beginning.</summary>
    private static void AppendLine(StringBuilder text, string what, Sentence value)
    {
        const int indent = 13;
        int room = Math.Max(1, (Terminal.OutputWidth ?? TableFit.Unlimited) - indent);
        text.Append(CultureInfo.InvariantCulture, $"  {what,-10} ");
        string left = value.ToString();
        while (LineWidth.Of(left) > room && LineWidth.Cut(left, room).LastIndexOf(' ') is > 0 and var at)
        {
            text.Append(left.AsSpan(0, at)).Append('\n').Append(' ', indent);
            left = left[(at + 1)..];
        }
        text.Append(left).Append('\n');
    }

    private const int MostSources = 20;

    private static Sentence SourceOf(MergedSource source)
    {
        TraceHeader header = source.Header;
        string clock = source.Pairs > 0 ? $"; {Messages.Of(source)}" : "";
        return $"{header.Node}, Linux {header.Kernel}, boot {header.BootId}, run {header.RunId.ToString()}{clock}";
    }

    /// <summary>A moment as it is printed everywhere: RFC 3339 in UTC, with nanoseconds.</summary>
    public static string Time(long unixNs)
    {
        var buffer = new TextBuffer(32);
        buffer.AppendTimestamp(unixNs);
        return Encoding.ASCII.GetString(buffer.Written);
    }

    private static string Span(long ns) => ns switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e3:0.###} us"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e6:0.###} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e9:0.###} s"),
    };

    private static string Drift(long ns) => (ns < 0 ? "-" : "") + Span(Math.Abs(Math.Max(ns, -long.MaxValue)));

    private static string ByOperation(TraceSurvey survey)
    {
        IEnumerable<Operation> seen = Enum.GetValues<Operation>().Where(o => survey.CountOf(o) > 0);
        List<string> parts = [.. seen.Select(o => $"{survey.CountOf(o)} {OperationNames.NameOf(o)}")];
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
        string[] counts =
        [
            Count(WorkloadKind.Pod, "pod"), Count(WorkloadKind.Container, "container"), Count(WorkloadKind.Cgroup, "cgroup"),
            Count(WorkloadKind.Service, "service"), Count(WorkloadKind.Node, "node"),
        ];
        return (names.IsIncomplete ? "more than " : "") + string.Join(", ", counts);
    }

    /// <summary>Namespaces with their numbers of pods, the largest first.</summary>
    public static IOrderedEnumerable<KeyValuePair<string, int>> LargestFirst(NamesSurvey names) =>
        names.Namespaces.OrderByDescending(n => n.Value).ThenBy(n => n.Key, StringComparer.Ordinal);

    /// <summary>How many pods in each namespace, and the names of the first few pods.</summary>
    private static string Pods(NamesSurvey names)
    {
        const int few = 5;
        IEnumerable<string> largest = LargestFirst(names).Take(few).Select(n => $"{n.Value} in {Messages.Foreign(n.Key)}");
        string more = names.Namespaces.Count > few ? $", and {Messages.Count(names.Namespaces.Count - few, "more namespace")}" : "";
        string others = names.CountOf(WorkloadKind.Pod) > names.FirstPods.Count ? ", ..." : "";
        return $"{string.Join(", ", largest)}{more}: {string.Join(", ", names.FirstPods.Select(Messages.Foreign))}{others}";
    }

    private const int FewTop = 4;

    /// <summary>Names with their shares of the events, the largest first; and how many blocks were looked at, if not all.</summary>
    private static Sentence Shares(TraceSurvey survey, IEnumerable<KeyValuePair<string, SummaryTotals>> top, Func<string, string> nameOf)
    {
        // Names are texts of fields, which are clean already
        Sentence Share(KeyValuePair<string, SummaryTotals> group) =>
            $"{Sentence.AlreadyClean(Messages.Foreign(nameOf(group.Key)))} {100.0 * group.Value.Events / survey.Top.Events:0} %";
        Sentence shares = Sentence.Join(", ", top.Select(Share));
        return survey.Top.Blocks < survey.Blocks ? $"{shares} (by {survey.Top.Blocks} of {survey.Blocks} blocks)" : shares;
    }

    /// <summary>A command, and its pod if it is in one.</summary>
    private static string OwnerOf(string name)
    {
        string[] parts = name.Split(TraceSummary.Separator);
        return parts is [var ns, var pod, var comm] && pod != "<>" ? $"{comm} in {ns}/{pod}" : parts[^1];
    }

    private static string Losses(TraceSurvey survey) =>
        string.Join("; ", survey.LossesBySource.Values.Select(l => LossOf(l, survey.LossTimesBySource[l.Source])));

    private static string LossOf(LossRecord loss, WallWindow times) =>
        $"{loss.Count} ({LossWords.Of(loss.Source)}) between {Time(times.SinceNs)} and {Time(times.UntilNs)}";
}
