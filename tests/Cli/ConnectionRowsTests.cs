using System.Text;
using System.Text.Json;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary><c>--connections</c>, <c>--sort</c> and <c>-o short</c> of <c>show</c>.</summary>
public sealed class ConnectionRowsTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "examples/shop.tct");
    private readonly TemporaryFolder _folder = new();

    private static RunResult Show(params string[] arguments)
    {
        RunResult run = TcptracerProgram.Run(["show", .. arguments]);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        return run;
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The rows that are enough end the reading; nothing is said to be hidden that was shown.</summary>
    [Fact]
    public void RowsAfterFirstAreNotReportedAsHidden()
    {
        string[] all = Show(s_shop, "--connections", "--comm", "orders").Lines;
        Assert.True(all.Length > 4);
        foreach (int first in new[] { 1, 2, 3 })
            Assert.Equal(all[..(first + 1)], Show(s_shop, "--connections", "--comm", "orders", "--first", $"{first}").Lines);
    }

    /// <summary>Rows, groups and the page count the same connections.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("--op close")]
    [InlineData("--op C,F")]
    [InlineData("--failed")]
    public void RowsGroupsAndPageCountTheSameConnections(string selection)
    {
        string file = _folder.File("a.tct");
        File.WriteAllBytes(file, TraceBytes.Write(RandomConnections.Events(9, 3_000)));
        string[] options = selection.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int rows = Show([file, "--connections", "--no-headers", .. options]).Lines.Length;
        RunResult groups = TcptracerProgram.Run(["summary", file, "--connections", "--by", "state", "-o", "json", .. options]);
        Assert.Equal(rows, groups.Lines.Sum(l => JsonDocument.Parse(l).RootElement.GetProperty("connections").GetInt32()));
        RunResult page = TcptracerProgram.Run(["summary", file, "-o", "json", .. options]);
        Assert.Equal(rows, JsonDocument.Parse(page.Output).RootElement.GetProperty("connections").GetInt32());
        Assert.InRange(rows, 1, 3_000);
    }

    /// <summary>As in a live recording, events pass the filter one by one, with a pause after each, and go to the same sinks.</summary>
    [Fact]
    public void RowsOfAFileEqualRowsOfTheSameEventsSentOneByOne()
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(21, 20_000), blockOf: 700);
        string file = _folder.File("a.tct");
        File.WriteAllBytes(file, trace);
        foreach ((string format, Selection selection, string[] options) in new (string, Selection, string[])[]
            { ("json", Printing.Everything, []), ("short", Printing.Everything, []),
                ("wide", Printing.Everything with { Filter = "sport < 30000" }, ["-F", "sport < 30000"]) })
        {
            var output = new MemoryStream();
            var tracker = new ConnectionTracker(
                new TextSink(output, EventFormat.Parse(format, null, true, ConnectionFields.OfConnections), withStatus: false))
            {
                CalledEnds = new CalledEnds(), IsGuessedAtOnce = true,
            };
            new TraceEventSource(Printing.SelectAll(), new FilterSink(new EventFilter(selection), new PauseAfterEach(tracker)), 1)
                .Run(new MemoryStream(trace));
            tracker.Finish();
            RunResult run = Show([file, "--connections", "-o", format, .. options]);
            Assert.Equal(Encoding.UTF8.GetString(output.ToArray()), run.Output);
            Assert.True(run.Lines.Length > 500);
        }
    }

    private sealed class PauseAfterEach(IEventSink next) : IEventSink
    {
        public void OnEvent(in TcpEvent e)
        {
            next.OnEvent(in e);
            next.OnPause();
        }
    }

    [Fact]
    public void ConnectionsOfTheShopMatchTheGoldenFile()
    {
        string golden = Path.Combine(TcptracerProgram.Repository, "tests/golden/connections.jsonl");
        string rows = Show(s_shop, "--connections", "-o", "json").Output;
        if (Environment.GetEnvironmentVariable("TCPTRACER_UPDATE_GOLDEN") == "1")
            File.WriteAllText(golden, rows);
        Assert.Equal(File.ReadAllText(golden), rows);
        string[] ends = [.. Show(s_shop, "-o", "custom-columns=conn,flow", "--existing", "--no-headers").Lines.Distinct()];
        Assert.Equal(ends.Select(e => Words(e).Length > 1 ? Words(e)[1] : e).Distinct().Count(), rows.Split('\n').Length - 1);
    }

    [Fact]
    public void FirstAndLastCountConnectionRows()
    {
        string[] all = Show(s_shop, "--connections", "--no-headers").Lines;
        Assert.Equal(all.Take(3), Show(s_shop, "--connections", "--no-headers", "--first", "3").Lines);
        Assert.Equal(all.TakeLast(3), Show(s_shop, "--connections", "--no-headers", "--last", "3").Lines);
        Assert.True(all.Length > 50);
    }

    [Fact]
    public void SortingKeepsEveryRow()
    {
        string[] header = Words(Show(s_shop, "--connections", "--sort=-duration").Lines[0]);
        Assert.Equal(["START", "DURATION", "STATE", "COMM", "PID", "SRC", "DST", "LATENCY", "SENT", "RECEIVED", "REASON"], header);
        string[] fields = ["-o", "custom-columns=duration_ns,conn", "--no-headers", "--connections"];
        string[] sorted = Show([s_shop, .. fields, "--sort", "-duration"]).Lines;
        long?[] durations = [.. sorted.Select(l => long.TryParse(Words(l)[0], out long ns) && Words(l).Length == 2 ? ns : (long?)null)];
        Assert.Equal(durations.OrderByDescending(d => d ?? long.MinValue), durations);
        Assert.Equal(Show([s_shop, .. fields]).Lines.Order(StringComparer.Ordinal), sorted.Order(StringComparer.Ordinal));
        Assert.Equal(sorted.Take(5), Show([s_shop, .. fields, "--sort", "duration_ns:desc", "--first", "5"]).Lines);
        string[] events = Show(s_shop, "-o", "custom-columns=sport,timestamp", "--no-headers", "--sort", "sport").Lines;
        Assert.Equal(events.OrderBy(l => int.Parse(Words(l)[0])).ThenBy(l => Array.IndexOf(events, l)), events);
        Assert.Equal(Show(s_shop, "-o", "custom-columns=sport,timestamp", "--no-headers").Lines.Length, events.Length);
    }

    [Fact]
    public void ShortFormatIsCutAndColouredOnATerminalOnly()
    {
        string[] plain = Show(s_shop, "-o", "short").Lines;
        Each.Of(plain, l => Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{6} [CAXUF] \S.*\[\d+\] \S+ (->|<-|--) \S+", l));
        Assert.Contains(plain, l => l.Length > 100);
        Assert.DoesNotContain(plain, l => l.Contains('\u001b'));
        string[] terminal = [.. Shell.Run(
            "unset COLUMNS NO_COLOR; export TERM=xterm; script -qec \"stty cols 70; $TCPTRACER show $1 -o short\" /dev/null", s_shop)
            .Output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Assert.Equal(plain.Length, terminal.Length);
        Assert.Contains(terminal, l => l.StartsWith("\u001b[31m", StringComparison.Ordinal));
        Each.Of(terminal.Select(l => l.Replace("\u001b[31m", "").Replace("\u001b[33m", "").Replace("\u001b[0m", "")),
            l => Assert.InRange(l.Length, 20, 70));
        Assert.DoesNotContain('\u001b',
            Shell.Run("export NO_COLOR=1 TERM=xterm; script -qec \"$TCPTRACER show $1 -o short\" /dev/null", s_shop).Output);
        Assert.Contains(Show(s_shop, "-o", "short", "--color", "always").Lines, l => l.StartsWith("\u001b[31m", StringComparison.Ordinal));
    }

    /// <summary>The file is long enough for several workers.</summary>
    [Fact]
    public void TimesBetweenRowsContinueAcrossWorkers()
    {
        string file = _folder.File("a.tct");
        File.WriteAllBytes(file, SampleEvents.Trace(events: [.. Enumerable.Range(0, 100_000)
            .Select(i => SampleEvents.Make(Operation.Connect, $"c{i}") with { TimestampNs = 1_000_000_000_000 + i * 1_000_000L })]));
        string[] lines = Show(file, "-o", "short", "--time", "delta").Lines;
        Assert.Equal(["+0.000000", .. Enumerable.Repeat("+0.001000", 99_999)], lines.Select(l => l.Split(' ')[0]));
        Assert.Equal("+99.999000", Show(file, "-o", "wide", "--time", "relative").Lines[^1].Split(' ')[0]);
        Assert.Equal("+0.000000", Show(file, "-o", "wide", "--time", "relative", "--first", "2", "--no-headers").Lines[0].Split(' ')[0]);
    }

    public void Dispose() => _folder.Dispose();
}
