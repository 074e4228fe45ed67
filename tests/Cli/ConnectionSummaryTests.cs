using System.Text.Json;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Exports;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// <c>summary --connections</c> and <c>export --connections</c> against the rows of <c>show --connections</c>, which are added up here.
/// </summary>
public sealed class ConnectionSummaryTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "tests/golden/shop-1.0.tct");
    private readonly TemporaryFolder _folder = new();

    private string Trace(string name)
    {
        if (name == "shop")
            return s_shop;
        string file = _folder.File("a.tct");
        File.WriteAllBytes(file, TraceBytes.Write(RandomConnections.Events(17, 4_000), blockOf: 700));
        return file;
    }

    private static string[] Run(params string[] arguments)
    {
        RunResult run = TcptracerProgram.Run(arguments);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        return run.Lines;
    }

    private static JsonElement[] Json(params string[] arguments) => [.. Run(arguments).Select(l => JsonDocument.Parse(l).RootElement)];

    private static string Text(JsonElement row, string key) => row.TryGetProperty(key, out JsonElement value) ? value.ToString() : "";

    private static Int128 Sum(IEnumerable<JsonElement> rows, string key) =>
        rows.Aggregate((Int128)0, (sum, r) => sum + (r.TryGetProperty(key, out JsonElement value) ? value.GetUInt64() : 0));

    [Theory]
    [InlineData("shop", "state")]
    [InlineData("shop", "comm,dport,state")]
    [InlineData("random", "state")]
    [InlineData("random", "pid,peer_pid")]
    public void GroupsAreTheRowsAddedUp(string trace, string by)
    {
        string file = Trace(trace);
        string[] keys = by.Split(',');
        JsonElement[] rows = Json("show", file, "--connections", "-o", "json", "--fields", "+peer_pid");
        JsonElement[] groups = Json("summary", file, "--connections", "--by", by, "-o", "json");
        string NameOf(JsonElement row) => string.Join(' ', keys.Select(k => Text(row, k)));
        Assert.Equal(rows.Select(NameOf).Distinct().Order(StringComparer.Ordinal), groups.Select(NameOf).Order(StringComparer.Ordinal));
        Assert.Equal(trace == "random", rows.Any(r => r.TryGetProperty("peer", out _)));
        foreach (JsonElement group in groups)
        {
            JsonElement[] own = [.. rows.Where(r => NameOf(r) == NameOf(group))];
            int States(string state) => own.Count(r => Text(r, "state") == state);
            Assert.Equal((own.Length, States("failed"), States("reset"), States("open")), (group.GetProperty("connections").GetInt32(),
                group.GetProperty("failed").GetInt32(), group.GetProperty("resets").GetInt32(), group.GetProperty("open").GetInt32()));
            Assert.Equal(own.Select(r => Text(r, "start")).Order(StringComparer.Ordinal).First(), Text(group, "first"));
            if (trace == "random")
                continue; // an event may take back there what one before has told
            foreach (string key in (string[])["sent_bytes", "received_bytes", "retransmits"])
                Assert.Equal((key, Sum(own, key)), (key, Sum([group], key)));
            long[] latencies = [.. own.Where(r => Text(r, "operation") == "connect").Select(r => r.GetProperty("latency_ns").GetInt64())];
            Assert.Equal(latencies.Length > 0, group.TryGetProperty("latency_p99_ns", out JsonElement p99));
            if (latencies.Length is > 0 and < 100)
                Assert.InRange(p99.GetInt64(), latencies.Max() * 0.98, latencies.Max() * 1.02);
        }
    }

    [Theory]
    [InlineData("shop")]
    [InlineData("random")]
    public void ThePageCountsTheSameConnections(string trace)
    {
        string file = Trace(trace);
        JsonElement page = Assert.Single(Json("summary", file, "-o", "json", "--limit", "100000"));
        JsonElement[] groups = Json("summary", file, "--connections", "--by", "state", "-o", "json");
        Assert.Equal(page.GetProperty("states").EnumerateObject().Select(s => $"{s.Name} {s.Value}").Order(StringComparer.Ordinal),
            groups.Select(g => $"{Text(g, "state")} {Text(g, "connections")}").Order(StringComparer.Ordinal));
        JsonElement[] calls = [.. page.GetProperty("calls").GetProperty("rows").EnumerateArray()];
        if (trace == "shop")
        {
            Assert.Equal(Sum(calls, "sent_bytes") + Sum(calls, "received_bytes"),
                Sum(groups, "sent_bytes") + Sum(groups, "received_bytes"));
        }
    }

    [Fact]
    public void AConnectionCountsInTheIntervalInWhichItBegan()
    {
        string[] expected = [.. Json("show", s_shop, "--connections", "-o", "json").GroupBy(r => Text(r, "start")[..19])
            .Select(g => $"{g.Key}.000000000Z {g.Count()}").Order(StringComparer.Ordinal)];
        Assert.Equal(expected, Json("summary", s_shop, "--connections", "--every", "1s", "-o", "json")
            .Select(g => $"{Text(g, "interval")} {Text(g, "connections")}"));
        Assert.Equal("INTERVAL,STATE,CONNECTIONS,FAILED,RESETS,OPEN,SENT,RECEIVED,RETRANSMITS,LATENCY_P50,LATENCY_P99,FIRST,LAST",
            string.Join(',', Run("summary", s_shop, "--connections", "--every", "1m", "--by", "state")[0]
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void GroupsAreInTheOrderOfAnyColumnOrField()
    {
        string[] By(string sort) =>
            [.. Run("summary", s_shop, "--connections", "--by", "duration,state", "--sort", sort).Skip(1).Select(l => l.Split(' ')[0])];
        string[] sorted = By("-duration");
        long[] durations = [.. sorted.Where(d => d.Length > 0).Select(long.Parse)];
        Assert.Equal(durations.OrderDescending(), durations);
        Assert.True(durations.Length > 50);
        Assert.Equal("closed", Run("summary", s_shop, "--connections", "--by", "state", "--sort=-sent")[1].Split(' ')[0]);
        Assert.Equal("failed", Run("summary", s_shop, "--connections", "--by", "state", "--sort=-failed")[1].Split(' ')[0]);
    }

    [Theory]
    [InlineData("jsonl", "json", "shop")]
    [InlineData("jsonl", "json", "random")]
    [InlineData("csv", "csv", "random")]
    public void ExportsAreTheBytesOfShow(string to, string format, string trace)
    {
        string file = Trace(trace);
        string[] rows = Run("export", "--to", to, "--connections", file, "--comm", "!sh", "--fields", "+peer_uid,-tid");
        Assert.Equal(Run("show", "-o", format, "--connections", file, "--comm", "!sh", "--fields", "+peer_uid,-tid"), rows);
        Assert.True(rows.Length > 100);
    }

    [Fact]
    public void FoldersAreThoseOfTheirStart()
    {
        string lake = _folder.File("lake");
        RunResult run = TcptracerProgram.Run(
            "export", "--to", "parquet", "--connections", s_shop, "--partition", "state,date,hour", "-o", lake);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Matches(@"^116 connections written to \S+lake \(\d+\.\d kB in 3 files\)$", Assert.Single(run.ErrorLines));
        using var duck = new Duck();
        string table = $"read_parquet('{lake}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)";
        Assert.Equal(["closed 109", "failed 5", "reset 2"],
            duck.Rows($"SELECT state, count(*) FROM {table} GROUP BY ALL ORDER BY ALL").Select(r => string.Join(' ', r)));
        string elsewhere = $"SELECT count(*) FROM {table} WHERE date <> strftime(start, '%Y-%m-%d') OR hour <> strftime(start, '%H')";
        Assert.Equal("0", duck.Rows(elsewhere)[0][0]);
        string one = _folder.File("a.parquet");
        Assert.Equal(0, TcptracerProgram.Run("export", "--to", "parquet", "--connections", s_shop, "-o", one).ExitCode);
        Assert.Equal(["start TIMESTAMP_NS", "end TIMESTAMP_NS", "state VARCHAR", "sent_bytes UBIGINT", "peer_pid UINTEGER"],
            duck.Rows($"DESCRIBE SELECT start, \"end\", state, sent_bytes, peer_pid FROM '{one}'").Select(r => $"{r[0]} {r[1]}"));
    }

    public void Dispose() => _folder.Dispose();
}
