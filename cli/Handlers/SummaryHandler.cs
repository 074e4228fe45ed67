using System.Text;
using System.Text.Json;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Handlers;

/// <summary>What <c>summary</c> was asked for.</summary>
internal sealed record SummaryRequest
{
    public required IReadOnlyList<string> Files { get; init; }

    public required IReadOnlyList<Field> By { get; init; }

    public int? Limit { get; init; }

    public bool Json { get; init; }

    public required EventFilter Filter { get; init; }

    public required TimeWindow Times { get; init; }

    public Enrichment Enrichment { get; init; }
}

/// <summary>Adds up the events of traces. One that cannot be read does not keep the others from it.</summary>
internal static class SummaryHandler
{
    public static int Run(SummaryRequest request)
    {
        TraceSummary[] summaries = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new TraceSummary(request.By))];
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        var scan = new BlockScan(request.Filter, times, summaries.Length) { Enrichment = request.Enrichment };
        var sayings = new List<string>();
        int worst = EachTrace.Of(request.Files, (file, trace) =>
        {
            int damagesBefore = scan.Findings.Damages.Count;
            scan.Run(trace, summaries);
            sayings.AddRange(scan.Findings.Damages.Skip(damagesBefore).Select(d => $"{file}: {Messages.Of(d)}"));
            return ExitCode.Done;
        });
        Print(summaries, request);
        if (summaries[0].Groups.Values.Sum(g => g.Unaccepted) is > 0 and var unaccepted)
            Messages.Say($"{Messages.Count(unaccepted, "connection")} never accepted: the listener's queue was full, or it was closed");
        sayings.ForEach(Messages.Say);
        if (scan.Findings.Damages.More > 0)
            Messages.Say(Messages.More(scan.Findings.Damages));
        foreach ((Formats.Events.LossSource cause, long count) in scan.Findings.Lost)
            Messages.Say($"while this was recorded, {Messages.Lost(cause, count)}: {LossWords.Explain(cause)}");
        Messages.SayHidden(Hiding.Of(scan, request.Filter, times));
        return EachTrace.Worse(worst, scan.Findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }

    private static void Print(TraceSummary[] summaries, SummaryRequest request)
    {
        foreach (TraceSummary other in summaries.Skip(1))
            summaries[0].Add(other);
        IEnumerable<KeyValuePair<string, SummaryTotals>> groups = summaries[0].Groups
            .OrderByDescending(g => g.Value.Events).ThenBy(g => g.Key, StringComparer.Ordinal).Take(request.Limit ?? int.MaxValue);
        using var output = new StandardOutput();
        output.Write(Encoding.UTF8.GetBytes(request.Json ? Json(request.By, groups) : Columns(request.By, [.. groups])));
    }

    private static string Columns(IReadOnlyList<Field> by, IReadOnlyList<KeyValuePair<string, SummaryTotals>> groups)
    {
        string[][] rows =
        [
            [.. by.Select(f => f.Header), "EVENTS", "CONNECTIONS", "FAILED", "SENT", "RECEIVED"],
            .. groups.Select(g => (string[])
            [
                .. g.Key.Split(TraceSummary.Separator), $"{g.Value.Events}", $"{g.Value.Connections}", $"{g.Value.Failed}", Bytes(g.Value, g.Value.Sent), Bytes(g.Value, g.Value.Received),
            ]),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length))];
        return string.Concat(rows.Select(r => string.Join(' ', r.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd() + "\n"));
    }

    /// <summary>They are known at a connection's end: where none ended, none are known.</summary>
    private static string Bytes(SummaryTotals totals, ulong bytes) => totals.CountedEnds == 0 ? "-" : $"{bytes}";

    private static string Json(IReadOnlyList<Field> by, IEnumerable<KeyValuePair<string, SummaryTotals>> groups)
    {
        var text = new StringBuilder();
        foreach ((string name, SummaryTotals totals) in groups)
        {
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer))
                WriteGroup(json, by, name.Split(TraceSummary.Separator), in totals);
            text.Append(Encoding.UTF8.GetString(buffer.ToArray())).Append('\n');
        }
        return text.ToString();
    }

    private static void WriteGroup(Utf8JsonWriter json, IReadOnlyList<Field> by, string[] values, in SummaryTotals totals)
    {
        json.WriteStartObject();
        for (int i = 0; i < by.Count; i++)
            json.WriteString(by[i].JsonKey, values[i]);
        json.WriteNumber("events", totals.Events);
        json.WriteNumber("connections", totals.Connections);
        json.WriteNumber("failed", totals.Failed);
        if (totals.CountedEnds > 0)
        {
            json.WriteNumber("sent_bytes", totals.Sent);
            json.WriteNumber("received_bytes", totals.Received);
        }
        json.WriteEndObject();
    }
}
