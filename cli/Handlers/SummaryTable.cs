using System.Text;
using System.Text.Json;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers;

/// <summary>Prints groups one by one, because there may be more than fit into memory.</summary>
internal static class SummaryTable
{
    private const int FlushBytes = 64 * 1024, WidestColumn = 256; // one long name does not pad all others

    private static readonly string[] s_totals = ["EVENTS", "CONNECTIONS", "FAILED", "SENT", "RECEIVED"];

    public static void Print(SummaryGroups groups, SummaryRequest request)
    {
        using var output = new StandardOutput();
        using var buffer = new MemoryStream();
        void Write(ReadOnlySpan<byte> line)
        {
            buffer.Write(line);
            if (buffer.Length < FlushBytes)
                return;
            output.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
            buffer.SetLength(0);
        }
        IEnumerable<KeyValuePair<string, SummaryTotals>> largest = groups.Largest().Take(request.Limit ?? int.MaxValue);
        if (request.Format == SummaryFormat.Json)
            WriteJson(largest, request.By, Write);
        else
            WriteColumns(largest, request.By, Write);
        output.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private delegate void LineWriter(ReadOnlySpan<byte> line);

    private static void WriteColumns(IEnumerable<KeyValuePair<string, SummaryTotals>> groups, IReadOnlyList<Field> by, LineWriter write)
    {
        string[] headers = [.. by.Select(f => f.Header), .. s_totals];
        int[] widths = [.. headers.Select(h => h.Length)];
        foreach ((string name, SummaryTotals totals) in groups)
        {
            string[] row = Row(name, in totals);
            for (int i = 0; i < widths.Length; i++)
                widths[i] = Math.Min(WidestColumn, Math.Max(widths[i], row[i].Length));
        }
        write(Line(headers, widths));
        foreach ((string name, SummaryTotals totals) in groups)
            write(Line(Row(name, in totals), widths));
    }

    private static string[] Row(string name, in SummaryTotals t) =>
    [
        .. name.Split(TraceSummary.Separator),
        $"{t.Events}", $"{t.Connections}", $"{t.Failed}", Bytes(in t, t.Sent), Bytes(in t, t.Received),
    ];

    /// <summary>Bytes are known when a connection has ended. If none of the group has, a dash.</summary>
    private static string Bytes(in SummaryTotals totals, ulong bytes) => totals.CountedEnds == 0 ? "-" : $"{bytes}";

    private static byte[] Line(string[] row, int[] widths) =>
        Encoding.UTF8.GetBytes(string.Join(' ', row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd() + "\n");

    /// <summary>One object a line. No generated writer (<see cref="ResultJson"/>) can do it: --by chooses the keys.</summary>
    private static void WriteJson(IEnumerable<KeyValuePair<string, SummaryTotals>> groups, IReadOnlyList<Field> by, LineWriter write)
    {
        using var line = new MemoryStream();
        foreach ((string name, SummaryTotals totals) in groups)
        {
            line.SetLength(0);
            using (var json = new Utf8JsonWriter(line))
                WriteGroup(json, by, name.Split(TraceSummary.Separator), in totals);
            line.WriteByte((byte)'\n');
            write(line.GetBuffer().AsSpan(0, (int)line.Length));
        }
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
