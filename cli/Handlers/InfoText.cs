using System.Globalization;
using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>A survey for people.</summary>
internal static class InfoText
{
    public static string Of(string file, TraceSurvey survey)
    {
        var text = new StringBuilder();
        void Line(string what, string value) => text.Append(CultureInfo.InvariantCulture, $"  {what,-10} {value}\n");
        TraceHeader header = survey.Headers[0];
        text.Append(CultureInfo.InvariantCulture, $"{file}: trace {header.Major}.{header.Minor} by {Safe(header.Tool)}{(survey.Headers.Count > 1 ? $", and {survey.Headers.Count - 1} more behind it" : "")}\n");
        Line("node", $"{Safe(header.Node)}, Linux {Safe(header.Kernel)}, {Safe(header.Machine)}, {Messages.Count(header.Cpus, "processor")}");
        Line("boot", Safe(header.BootId));
        Line("run", header.RunId.ToString());
        Line("command", Safe(string.Join(' ', header.CommandLine)));
        Line("hooks", Safe(string.Join(", ", header.Hooks)));
        foreach (string source in header.Sources)
            Line("names", Safe(source));
        Line("ring", Messages.Size(header.RingBytes));
        Line("started", Time(header.Clock.WallNs));
        if (survey.Events > 0)
        {
            Line("first", Time(survey.ToWall(survey.FirstNs)));
            Line("last", Time(survey.ToWall(survey.LastNs)));
            Line("spans", Span(survey.LastNs - survey.FirstNs));
        }
        Line("ended", survey.End is { } end ? Safe(end.Cause) : "no end record: the recorder was killed, or is still writing");
        Line("events", $"{survey.Events}{ByOperation(survey)}");
        Line("size", $"{Messages.Size(survey.Bytes)} in {Messages.Count(survey.Blocks, "block")}{PerEvent(survey)}");
        Line("clocks", $"{Messages.Count(survey.Clocks.Count, "sample")}, wall clock {(survey.DriftNs < 0 ? "-" : "+")}{Span(Math.Abs(survey.DriftNs))} against boot time{Steps(survey)}");
        Line("lost", survey.Losses.Count == 0 ? "0 events" : Losses(survey));
        foreach (TraceDamage damage in survey.Damages)
            Line("damage", Messages.Of(damage));
        foreach (string unknown in survey.Unknown)
            Line("unknown", Safe(unknown));
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>Names in a file may come from anybody.</summary>
    private static string Safe(string text) => Encoding.UTF8.GetString(new SafeText(text).Text);

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

    private static string Losses(TraceSurvey survey) => string.Join("; ", survey.Losses.GroupBy(l => l.Source).Select(g =>
        $"{g.Sum(l => l.Count)} ({LossWords.Of(g.Key)}) between {Time(survey.ToWall(g.Min(l => l.FromNs)))} and {Time(survey.ToWall(g.Max(l => l.ToNs)))}"));
}
