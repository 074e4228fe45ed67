using System.Text;
using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Checks;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers;

/// <summary>A survey for programs: one object a file.</summary>
internal static class InfoJson
{
    public static string Of(string file, TraceSurvey survey)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            Write(json, file, survey);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, string file, TraceSurvey survey)
    {
        TraceHeader header = survey.Header;
        json.WriteStartObject();
        json.WriteString("file", Encoding.UTF8.GetString(FileNames.ToBytes(file))); // JSON has no room for what is not UTF-8
        json.WriteString("format", $"{header.Major}.{header.Minor}");
        json.WriteNumber("traces", survey.Traces);
        json.WriteString("tool", header.Tool);
        json.WriteString("node", header.Node);
        json.WriteString("kernel", header.Kernel);
        json.WriteString("machine", header.Machine);
        json.WriteNumber("cpus", header.Cpus);
        json.WriteString("boot_id", header.BootId);
        json.WriteString("run", header.RunId.ToString());
        WriteStrings(json, "command", header.CommandLine);
        WriteStrings(json, "hooks", header.Hooks);
        if (header.Refused.Count > 0)
            WriteStrings(json, "refused", header.Refused);
        WriteStrings(json, "sources", header.Sources);
        json.WriteNumber("ring_bytes", header.RingBytes);
        json.WriteString("started", Time(header.Clock.WallNs));
        if (survey.Events > 0)
        {
            json.WriteString("first", Time(survey.Span.FirstWallNs));
            json.WriteString("last", Time(survey.Span.LastWallNs));
            json.WriteNumber("span_ns", survey.Span.Ns);
        }
        json.WriteBoolean("finished", survey.End is not null);
        if (survey.End is { } end)
            json.WriteString("ended", end.Cause);
        if (survey.End?.Unfinished is { } unfinished)
        {
            json.WriteStartObject("at_end");
            foreach ((string name, long count) in unfinished.Counts)
                json.WriteNumber(name, count);
            json.WriteEndObject();
        }
        json.WriteNumber("events", survey.Events);
        json.WriteStartObject("operations");
        foreach (Operation operation in Enum.GetValues<Operation>().Where(o => survey.CountOf(o) > 0))
            json.WriteNumber(OperationNames.NameOf(operation), survey.CountOf(operation));
        json.WriteEndObject();
        json.WriteNumber("bytes", survey.Bytes);
        json.WriteNumber("blocks", survey.Blocks);
        json.WriteNumber("clock_samples", survey.Clocks.Count);
        json.WriteNumber("clock_drift_ns", survey.Span.DriftNs);
        WriteNames(json, survey.Names);
        WriteTop(json, survey.Top);
        WriteLosses(json, survey);
        json.WriteStartArray("damages");
        foreach (TraceDamage damage in survey.Damages)
            DamageJson.Write(json, damage);
        json.WriteEndArray();
        json.WriteNumber("more_damages", survey.Damages.More);
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, NamesSurvey names)
    {
        json.WriteStartObject("metadata");
        json.WriteNumber("records", names.Records);
        json.WriteNumber("pods", names.CountOf(WorkloadKind.Pod));
        json.WriteNumber("containers", names.CountOf(WorkloadKind.Container));
        json.WriteNumber("cgroups", names.CountOf(WorkloadKind.Cgroup));
        json.WriteNumber("services", names.CountOf(WorkloadKind.Service));
        json.WriteNumber("nodes", names.CountOf(WorkloadKind.Node));
        json.WriteBoolean("complete", !names.IsIncomplete);
        json.WriteStartObject("namespaces");
        foreach ((string name, int pods) in names.Namespaces.OrderByDescending(n => n.Value).ThenBy(n => n.Key, StringComparer.Ordinal))
            json.WriteNumber(name, pods);
        json.WriteEndObject();
        WriteStrings(json, "first_pods", names.FirstPods);
        json.WriteEndObject();
    }

    private static void WriteTop(Utf8JsonWriter json, TopTalkers top)
    {
        const int enough = 10;
        json.WriteStartObject("top");
        json.WriteNumber("blocks", top.Blocks);
        json.WriteNumber("events", top.Events);
        json.WriteStartArray("owners");
        foreach ((string name, SummaryTotals totals) in top.Owners(enough))
        {
            string[] parts = name.Split(TraceSummary.Separator);
            json.WriteStartObject();
            json.WriteString("namespace", parts[0]);
            json.WriteString("pod", parts[1]);
            json.WriteString("comm", parts[2]);
            json.WriteNumber("events", totals.Events);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("remotes");
        foreach ((string name, SummaryTotals totals) in top.Remotes(enough))
        {
            json.WriteStartObject();
            json.WriteString("daddr", name);
            json.WriteNumber("events", totals.Events);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLosses(Utf8JsonWriter json, TraceSurvey survey)
    {
        json.WriteNumber("lost", survey.Lost);
        json.WriteNumber("unreadable", survey.EventsUnread);
        json.WriteStartArray("losses");
        foreach ((LossRecord loss, WallWindow times) in survey.Losses.Zip(survey.LossTimes))
        {
            json.WriteStartObject();
            json.WriteString("source", LossWords.Of(loss.Source));
            json.WriteNumber("count", loss.Count);
            json.WriteString("from", Time(times.SinceNs));
            json.WriteString("to", Time(times.UntilNs));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> strings)
    {
        json.WriteStartArray(name);
        foreach (string s in strings)
            json.WriteStringValue(s);
        json.WriteEndArray();
    }

    private static string Time(long unixNs)
    {
        var buffer = new TextBuffer();
        buffer.AppendTimestamp(unixNs);
        return Encoding.ASCII.GetString(buffer.Written);
    }
}
