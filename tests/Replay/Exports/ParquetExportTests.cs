using System.Globalization;
using System.Text.Json;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Exports.Parquet;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay.Exports;

/// <summary>
/// DuckDB and Arrow read the same value of every field from a Parquet file as the JSON lines of the same events have.
/// </summary>
public sealed class ParquetExportTests : IDisposable
{
    private static readonly IReadOnlyList<Field> s_allFields = [.. Fields.All.DistinctBy(f => f.JsonKey)];

    private static readonly IReadOnlyList<Field> s_ofConnections =
        [.. ConnectionFields.OfConnections.Table, .. ConnectionFields.OfConnections.All
            .ExceptBy(ConnectionFields.OfConnections.Table.Select(f => f.JsonKey), f => f.JsonKey).DistinctBy(f => f.JsonKey)];

    private readonly TemporaryFolder _folder = new();

    /// <summary>Random events of every kind. Their times are not among those that DuckDB reads as infinity.</summary>
    private static TcpEvent[] Random(ulong seed, int count) => [.. RandomTraffic.Events(seed, count).Select(e => e with
    {
        TimestampNs = Math.Clamp(e.TimestampNs, long.MinValue / 8, long.MaxValue / 8),
    })];

    public static TheoryData<string, int> Traces { get; } = new()
    {
        { "shop", 64 * 1024 }, { "fields", 64 * 1024 }, { "random", 64 * 1024 }, { "random", 100 }, { "random", 1 }, { "pods", 777 },
        { "one", 10 }, { "none", 10 }, { "large", 64 * 1024 },
    };

    private static byte[] TraceOf(string name) => name switch
    {
        "shop" => File.ReadAllBytes(Path.Combine(TcptracerProgram.Repository, "examples/shop.tct")),
        "fields" => FieldJourney.Trace(FieldJourney.RawEvents().Select(FieldJourney.Decode)),
        "random" => TraceBytes.Write(Random(3, 500)),
        "pods" => TraceBytes.WithPods(5, 4_000),
        "one" => TraceBytes.Write(Random(8, 1)),
        "none" => TraceBytes.Write([]),
        _ => TraceBytes.Write(Random(4, 70_000)),
    };

    private (string File, JsonElement[] Lines) Export(byte[] trace, int rowsInGroup, IReadOnlyList<Field> fields)
    {
        var json = new MemoryStream();
        string names = string.Join(',', fields.Select(f => f.Name));
        new TracePrinter(Printing.SelectAll(), () => EventFormat.Parse("json", names, true), json, withStatus: false, 1)
            .Print(new MemoryStream(trace));
        string file = _folder.File("a.parquet");
        using (FileStream to = File.Create(file))
        using (var export = new ParquetExport(to, fields, "tcptracer version 1.2.3") { RowsInGroup = rowsInGroup })
        {
            new TraceEventSource(Printing.SelectAll(), export, 2) { ParallelFrom = 0 }.Run(new MemoryStream(trace));
            export.Finish();
        }
        string[] lines = System.Text.Encoding.UTF8.GetString(json.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (file, [.. lines.Select(l => JsonDocument.Parse(l).RootElement)]);
    }

    private (string File, JsonElement[] Lines) ExportConnections(byte[] trace, int rowsInGroup)
    {
        var json = new MemoryStream();
        string names = string.Join(',', s_ofConnections.Select(f => f.Name)), file = _folder.File("a.parquet");
        EventFormat format = EventFormat.Parse("json", names, true, ConnectionFields.OfConnections);
        using (FileStream to = File.Create(file))
        using (var export = new ParquetExport(to, s_ofConnections, "tcptracer version 1.2.3") { RowsInGroup = rowsInGroup })
        {
            var tracker = new ConnectionTracker(new Tee(new TextSink(json, format, withStatus: false), export)) { IsNothingKept = true };
            new TraceEventSource(Printing.SelectAll(), tracker, 2) { ParallelFrom = 0 }.Run(new MemoryStream(trace));
            tracker.Finish();
            export.Finish();
        }
        string[] lines = System.Text.Encoding.UTF8.GetString(json.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (file, [.. lines.Select(l => JsonDocument.Parse(l).RootElement)]);
    }

    /// <summary>A value of a JSON line as the text that the readers give for it.</summary>
    private static string? Expected(Field field, JsonElement line)
    {
        if (!line.TryGetProperty(field.JsonKey, out JsonElement value))
            return null;
        string Part(string name) => value.TryGetProperty(name, out JsonElement part) ? part.GetString()! : "NULL";
        return field.Type switch
        {
            FieldType.Time => NanosecondsOf(value.GetString()!).ToString(CultureInfo.InvariantCulture),
            FieldType.Peer => $"{Part("kind")}, {Part("namespace")}, {Part("name")}",
            FieldType.Flag => "True",
            _ => value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText(),
        };
    }

    private static Int128 NanosecondsOf(string timestamp)
    {
        DateTimeOffset second = DateTimeOffset.Parse(timestamp[..19] + "Z", CultureInfo.InvariantCulture);
        return (Int128)second.ToUnixTimeSeconds() * 1_000_000_000 + int.Parse(timestamp.AsSpan(20, 9), CultureInfo.InvariantCulture);
    }

    private static void Compare(IReadOnlyList<Field> fields, JsonElement[] lines, List<string?[]> rows)
    {
        Assert.Equal(lines.Length, rows.Count);
        for (int i = 0; i < lines.Length; i++)
        {
            for (int f = 0; f < fields.Count; f++)
            {
                if (Expected(fields[f], lines[i]) is var expected && expected != rows[i][f])
                    Assert.Fail($"row {i}, {fields[f].JsonKey}: {expected ?? "nothing"} is {rows[i][f] ?? "nothing"}");
            }
        }
    }

    [Theory, MemberData(nameof(Traces))]
    public void DuckDbReadsTheValuesOfTheJsonLines(string trace, int rowsInGroup)
    {
        (string file, JsonElement[] lines) = Export(TraceOf(trace), rowsInGroup, s_allFields);
        using var duck = new Duck();
        Compare(s_allFields, lines, duck.Rows($"SELECT * REPLACE (epoch_ns(timestamp) AS timestamp) FROM '{file}'"));
        Assert.Equal(["(2)"], duck.Rows($"SELECT '(' || format_version || ')' FROM parquet_file_metadata('{file}')").Select(r => r[0]));
    }

    [Theory]
    [InlineData("shop", 64 * 1024)]
    [InlineData("fields", 10)]
    [InlineData("pods", 100)]
    [InlineData("connections", 100)]
    [InlineData("none", 10)]
    public void ConnectionsAreReadAsTheirJsonLinesSay(string trace, int rowsInGroup)
    {
        (string file, JsonElement[] lines) = ExportConnections(
            trace == "connections" ? TraceBytes.Write(RandomConnections.Events(3, 3_000)) : TraceOf(trace), rowsInGroup);
        using var duck = new Duck();
        Compare(s_ofConnections, lines,
            duck.Rows($"SELECT * REPLACE (epoch_ns(\"start\") AS \"start\", epoch_ns(\"end\") AS \"end\") FROM '{file}'"));
        Compare(s_ofConnections, lines, ArrowRows.Of(file));
        if (trace == "connections")
            Assert.InRange(lines.Count(l => l.TryGetProperty("peer_pid", out _)), 50, lines.Length - 50);
        RequireTypes(file, s_ofConnections);
    }

    [Theory, MemberData(nameof(Traces))]
    public void ArrowReadsTheValuesOfTheJsonLines(string trace, int rowsInGroup)
    {
        (string file, JsonElement[] lines) = Export(TraceOf(trace), rowsInGroup, s_allFields);
        Compare(s_allFields, lines, ArrowRows.Of(file));
    }

    [Fact]
    public void ColumnsHaveTheTypesOfTheirFields()
    {
        (string file, _) = Export(TraceOf("fields"), 10, s_allFields);
        RequireTypes(file, s_allFields);
    }

    private static void RequireTypes(string file, IReadOnlyList<Field> fields)
    {
        using var duck = new Duck();
        Dictionary<string, string> types = duck.Rows($"DESCRIBE SELECT * FROM '{file}'").ToDictionary(r => r[0]!, r => r[1]!);
        Each.Of(fields, f => Assert.Equal((f.Name, f.Type switch
        {
            FieldType.Unsigned8 => "UTINYINT",
            FieldType.Unsigned16 => "USMALLINT",
            FieldType.Unsigned32 => "UINTEGER",
            FieldType.Unsigned64 => "UBIGINT",
            FieldType.Signed64 => "BIGINT",
            FieldType.Time => "TIMESTAMP_NS",
            FieldType.Flag => "BOOLEAN",
            FieldType.Labels or FieldType.Values => "JSON",
            FieldType.Peer => "STRUCT(kind VARCHAR, namespace VARCHAR, \"name\" VARCHAR)",
            _ => "VARCHAR",
        }), (f.Name, types[f.JsonKey])));
    }

    /// <summary>
    /// DuckDB skips groups of rows by their bounds. A search finds each value, so the bounds are right; and no column lacks them.
    /// </summary>
    [Fact]
    public void BoundsOfAGroupHoldEveryValue()
    {
        (string file, JsonElement[] lines) = Export(TraceOf("random"), 20, Fields.Json);
        using var duck = new Duck();
        string[] keys = ["pid", "sport", "saddr", "comm", "sent_bytes", "srtt_us", "operation", "conn"];
        Each.Of(keys, key =>
        {
            Each.Of(lines.Where(l => l.TryGetProperty(key, out _)).GroupBy(l => l.GetProperty(key).ToString()).Take(60), same =>
            {
                string value = same.Key.Replace("'", "''", StringComparison.Ordinal);
                Assert.Equal((key, value, $"{same.Count()}"),
                    (key, value, duck.Rows($"SELECT count(*) FROM '{file}' WHERE {key} = '{value}'")[0][0]));
            });
            Assert.Equal("0", duck.Rows($"SELECT count(*) FROM parquet_metadata('{file}') WHERE path_in_schema = '{key}' AND "
                + "stats_null_count < num_values AND (stats_min_value IS NULL OR stats_max_value IS NULL)")[0][0]);
        });
    }

    /// <summary>Long names from outside: a group of rows ends before they fill the memory.</summary>
    [Fact]
    public void LongTextsEndAGroup()
    {
        TcpEvent[] events = [.. Enumerable.Range(0, 600).Select(i => SampleEvents.Make(Operation.Connect) is var e ? e with
        {
            Process = e.Process with { Exe = new TcpTracer.Formats.Strings.SafeText(new string('x', 60_000) + i) },
        } : default)];
        (string file, JsonElement[] lines) = Export(TraceBytes.Write(events), 64 * 1024, Fields.Json);
        using var duck = new Duck();
        Compare(Fields.Json, lines, duck.Rows($"SELECT * REPLACE (epoch_ns(timestamp) AS timestamp) FROM '{file}'"));
        Assert.InRange(int.Parse(duck.Rows($"SELECT num_row_groups FROM parquet_file_metadata('{file}')")[0][0]!), 4, 6);
    }

    public void Dispose() => _folder.Dispose();
}
