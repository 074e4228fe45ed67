using System.Globalization;
using System.Text;
using System.Text.Json;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Summaries;
using NamedTotals = System.Collections.Generic.KeyValuePair<string, TcpTracer.Replay.Summaries.SummaryTotals>;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>Prints groups one by one, because there may be more than fit into memory.</summary>
internal sealed class SummaryTable : IDisposable
{
    private const int FlushBytes = 64 * 1024, WidestColumn = 256; // one long name does not pad all others
    private const string Interval = "interval";
    private readonly SummaryRequest _request;
    private readonly StandardOutput _output = new();
    private readonly MemoryStream _buffer = new();
    private readonly TextBuffer _line = new(1024);

    private SummaryTable(SummaryRequest request) => _request = request;

    public static void Print(SummaryGroups groups, SummaryRequest request)
    {
        using var table = new SummaryTable(request);
        table.Print(table.Limited(groups));
        table.Flush();
    }

    public void Dispose()
    {
        _output.Dispose();
        _buffer.Dispose();
    }

    /// <summary>The groups that are wanted: of each interval so many.</summary>
    private IEnumerable<NamedTotals> Limited(SummaryGroups groups)
    {
        if (_request.Limit is not { } limit)
            return groups.InOrder();
        return _request.Every is null ? groups.InOrder().Take(limit) : OfEachInterval(groups.InOrder(), limit);
    }

    private static IEnumerable<NamedTotals> OfEachInterval(IEnumerable<NamedTotals> groups, int limit)
    {
        string interval = "";
        int count = 0;
        foreach (NamedTotals group in groups)
        {
            string own = group.Key.Split(TraceSummary.Separator)[0];
            (count, interval) = own == interval ? (count + 1, interval) : (1, own);
            if (count <= limit)
                yield return group;
        }
    }

    private void Print(IEnumerable<NamedTotals> groups)
    {
        if (_request.Format == SummaryFormat.Json)
            WriteJson(groups);
        else if (_request.Format == SummaryFormat.Csv)
            WriteCsv(groups);
        else
            WriteColumns(groups);
    }

    private void Write(ReadOnlySpan<byte> line)
    {
        _buffer.Write(line);
        if (_buffer.Length >= FlushBytes)
            Flush();
    }

    private void Flush()
    {
        _output.Write(_buffer.GetBuffer().AsSpan(0, (int)_buffer.Length));
        _buffer.SetLength(0);
    }

    private IEnumerable<string> Keys(Func<Field, string> nameOf) =>
        [.. _request.Every is null ? Array.Empty<string>() : [Interval], .. _request.By.Select(nameOf)];

    private void WriteColumns(IEnumerable<NamedTotals> groups)
    {
        string[] headers = [.. Keys(f => f.Header), .. _request.Columns.Select(c => c.Header)];
        headers = [.. headers.Select(h => h.ToUpperInvariant())];
        int[] widths = [.. headers.Select(h => h.Length)];
        var days = new SummaryClock();
        foreach ((_, SummaryTotals totals) in groups)
            days.Add(totals.FirstNs, totals.LastNs);
        foreach ((string name, SummaryTotals totals) in groups)
        {
            string[] row = Row(name, totals, days);
            for (int i = 0; i < widths.Length; i++)
                widths[i] = Math.Min(WidestColumn, Math.Max(widths[i], row[i].Length));
        }
        int keys = headers.Length - _request.Columns.Count;
        IEnumerable<int> mayGo = s_leastFirst.Select(n => keys + _request.Columns.Index().First(c => c.Item.Name == n).Index);
        widths = TableFit.Of(widths, Terminal.OutputWidth ?? TableFit.Unlimited, 1, i => i < keys, mayGo);
        Write(Line(headers, widths));
        foreach ((string name, SummaryTotals totals) in groups)
            Write(Line(Row(name, totals, days), widths));
    }

    private static readonly string[] s_leastFirst =
        ["last", "first", "retransmits", "latency_p50", "events", "received", "sent", "resets", "latency_p99"];

    /// <summary>What is not known of any connection of the group is a dash, such as bytes as long as none has ended.</summary>
    private string[] Row(string name, SummaryTotals totals, SummaryClock days)
    {
        string[] keys = name.Split(TraceSummary.Separator);
        if (_request.Every is not null)
            keys[0] = days.Short(keys[0]);
        return [.. keys, .. _request.Columns.Select(c => HumanValueOf(c, totals, days))];
    }

    /// <summary>A value for eyes: with its unit, and no more digits than these read.</summary>
    private static string HumanValueOf(TotalsColumn column, SummaryTotals totals, SummaryClock days) =>
        column.Value(totals) is not { } value ? "-"
            : column.IsMoment ? days.Short(InfoText.Time((long)value))
            : column.JsonKey.EndsWith("_ns", StringComparison.Ordinal) ? UnitText.Time((ulong)value)
            : column.JsonKey.EndsWith("_bytes", StringComparison.Ordinal) ? UnitText.Size((ulong)value)
            : value.ToString(CultureInfo.InvariantCulture);

    private static string ValueOf(TotalsColumn column, SummaryTotals totals) => column.Value(totals) switch
    {
        null => "",
        { } ns when column.IsMoment => InfoText.Time((long)ns),
        { } number => number.ToString(CultureInfo.InvariantCulture),
    };

    private static byte[] Line(string[] row, int[] widths) =>
        Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, row.Length).Where(i => widths[i] != TableFit.LeftOut)
            .Select(i => Padded(row[i], widths[i]))).TrimEnd() + "\n");

    /// <summary>On a terminal no cell is wider than its column; in a pipe a very long name pushes the rest of its row.</summary>
    private static string Padded(string cell, int width)
    {
        string fitted = width >= WidestColumn ? cell : LineWidth.Shorten(cell, width);
        return fitted + new string(' ', Math.Max(0, width - LineWidth.Of(fitted)));
    }

    private void WriteCsv(IEnumerable<NamedTotals> groups)
    {
        string[] keys = [.. Keys(f => f.JsonKey), .. _request.Columns.Select(c => c.JsonKey)];
        Write(Encoding.UTF8.GetBytes(string.Join(',', keys) + "\n"));
        bool[] isNumber = [.. Keys(f => f.Number is null ? "" : "1").Select(k => k == "1")];
        foreach ((string name, SummaryTotals totals) in groups)
        {
            _line.Clear();
            string[] parts = name.Split(TraceSummary.Separator);
            for (int i = 0; i < parts.Length; i++)
            {
                CsvValue.Append(_line, Encoding.UTF8.GetBytes(parts[i]), isNumber[i]);
                _line.Append((byte)',');
            }
            _line.AppendAscii(string.Join(',', _request.Columns.Select(c => ValueOf(c, totals))) + "\n");
            Write(_line.Written);
        }
    }

    /// <summary>One object a line. No generated writer (<see cref="ResultJson"/>) can do it: --by chooses the keys.</summary>
    private void WriteJson(IEnumerable<NamedTotals> groups)
    {
        using var line = new MemoryStream();
        string[] keys = [.. Keys(f => f.JsonKey)];
        foreach ((string name, SummaryTotals totals) in groups)
        {
            line.SetLength(0);
            using (var json = new Utf8JsonWriter(line))
                WriteGroup(json, keys, name.Split(TraceSummary.Separator), totals);
            line.WriteByte((byte)'\n');
            Write(line.GetBuffer().AsSpan(0, (int)line.Length));
        }
    }

    private void WriteGroup(Utf8JsonWriter json, string[] keys, string[] values, SummaryTotals totals)
    {
        json.WriteStartObject();
        for (int i = 0; i < keys.Length; i++)
            json.WriteString(keys[i], values[i]);
        foreach (TotalsColumn column in _request.Columns)
        {
            if (ValueOf(column, totals) is not { Length: > 0 } value)
                continue;
            json.WritePropertyName(column.JsonKey);
            if (column.IsMoment)
                json.WriteStringValue(value);
            else
                json.WriteRawValue(value);
        }
        json.WriteEndObject();
    }
}
