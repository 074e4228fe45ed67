using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Summaries;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>In whatever way events are added up, the totals are those of a plain loop.</summary>
public sealed class TraceSummaryTests
{
    private static readonly TcpEvent[] s_events = RandomTraffic.Events(71, 4_000);
    private static readonly byte[] s_trace = TraceBytes.Write(s_events, 700);

    private static Dictionary<string, SummaryTotals> ByScan(byte[] trace, string[] by, int workers, Selection? selection = null)
    {
        Field[] fields = [.. by.Select(Fields.Find)];
        TraceSummary[] summaries = [.. Enumerable.Range(0, workers).Select(_ => new TraceSummary(fields))];
        var selected = new TraceSelection(new EventFilter(selection ?? Printing.Everything), TimeWindow.Everything);
        new BlockScan(selected) { ParallelFrom = 0 }.Run(new MemoryStream(trace), summaries);
        foreach (TraceSummary other in summaries.Skip(1))
            summaries[0].Add(other);
        return new Dictionary<string, SummaryTotals>(summaries[0].Groups);
    }

    private static Dictionary<string, SummaryTotals> ByHand(IEnumerable<TcpEvent> events, string[] by)
    {
        Field[] fields = [.. by.Select(Fields.Find)];
        var totals = new Dictionary<string, SummaryTotals>();
        foreach (TcpEvent recorded in events)
        {
            TcpEvent e = recorded;
            e.NameBy(new WorkloadView(new SafeText(TraceBytes.Header.Node)));
            string name = string.Join(TraceSummary.Separator, fields.Select(f =>
            {
                var text = new TextBuffer();
                if (f.Applies is null || f.Applies(in e))
                    f.Text(text, in e);
                return System.Text.Encoding.UTF8.GetString(text.Written);
            }));
            SummaryTotals group = totals.GetValueOrDefault(name);
            long wallNs = TraceBytes.Header.Clock.ToWall(e.TimestampNs);
            group.Events++;
            group.Connections += e.Operation is Operation.Connect or Operation.Accept ? 1 : 0;
            group.Failed += e.Operation == Operation.ConnectFailed ? 1 : 0;
            group.Unaccepted += e.Operation == Operation.Unaccepted ? 1 : 0;
            bool isCountedEnd = e.Operation is (Operation.Close or Operation.Unknown) && (e.Flags & EventFlags.Uncounted) == 0;
            group.CountedEnds += isCountedEnd ? 1 : 0;
            group.Sent += isCountedEnd ? e.Sent : 0;
            group.Received += isCountedEnd ? e.Received : 0;
            group.Resets += e.IsEnd && e.Reason is Reason.ResetSent or Reason.ResetReceived or Reason.Reset ? 1 : 0;
            group.Retransmits += isCountedEnd || e.Operation == Operation.ConnectFailed ? e.Retransmits : 0;
            group.FirstNs = group.Events == 1 ? wallNs : Math.Min(group.FirstNs, wallNs);
            group.LastNs = group.Events == 1 ? wallNs : Math.Max(group.LastNs, wallNs);
            if (e.Operation == Operation.Connect && (e.Flags & EventFlags.Untimed) == 0)
                (group.Latencies ??= new ValueSketch()).Add((ulong)Math.Max(0, e.TimestampNs - e.StartNs));
            totals[name] = group;
        }
        return totals;
    }

    private static void AssertSame(Dictionary<string, SummaryTotals> expected, Dictionary<string, SummaryTotals> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, SummaryTotals totals) in expected)
            Assert.True(totals.Equals(actual[name]), $"{name}: {Words(totals)} expected, {Words(actual[name])} added up");
    }

    private static string Words(SummaryTotals t) => $"{t.Events} events, {t.Connections} connections, {t.Failed} failed, "
        + $"{t.Unaccepted} unaccepted, {t.Sent} sent, {t.Received} received, "
        + $"{t.Resets} resets, {t.Retransmits} retransmits, {t.FirstNs} to {t.LastNs}, {t.Latencies?.Count} latencies";

    [Theory]
    [InlineData("comm", 1)]
    [InlineData("comm", 3)]
    [InlineData("daddr", 1)]
    [InlineData("uid,comm", 2)]
    [InlineData("operation", 2)]
    [InlineData("comm,daddr,dport", 1)]
    [InlineData("comm,daddr,dport", 3)]
    [InlineData("error", 1)]
    public void TotalsEqualThoseOfAPlainLoop(string by, int workers) =>
        AssertSame(ByHand(s_events, by.Split(',')), ByScan(s_trace, by.Split(','), workers));

    [Theory]
    [InlineData("comm")]
    [InlineData("comm,dport")]
    public void TotalsOfOrdinaryTrafficEqualThoseOfAPlainLoop(string by)
    {
        // Few kinds of event, so that they are added up by dictionary entry
        Operation[] kinds = [Operation.Connect, Operation.Accept, Operation.Close, Operation.ConnectFailed];
        TcpEvent[] events = [.. Enumerable.Range(0, 500).Select(i => SampleEvents.Make(kinds[i % 4], $"c{i % 7}") with
        {
            Dport = (ushort)(80 + i % 3), Sent = i % 4 == 2 ? (ulong)i : 0, Received = i % 4 == 2 ? 1_000_000UL + (ulong)i : 0,
        })];
        AssertSame(ByHand(events, by.Split(',')), ByScan(TraceBytes.Write(events, 150), by.Split(','), 2));
    }

    [Fact]
    public void OnlySelectedEventsAreAddedUp()
    {
        var selection = new Selection { Op = "connect,F", Port = "80,443" };
        var filter = new EventFilter(selection);
        var view = new WorkloadView(new SafeText(TraceBytes.Header.Node));
        TcpEvent[] selected = [.. s_events.Where(recorded =>
        {
            TcpEvent e = recorded;
            e.NameBy(view);
            return filter.Matches(in e);
        })];
        Assert.NotEmpty(selected);
        AssertSame(ByHand(selected, ["comm"]), ByScan(s_trace, ["comm"], 2, selection));
    }

    /// <summary>curl has three connections, one of which failed; wget has one.</summary>
    private static string Write(TemporaryFolder folder)
    {
        TcpEvent Of(Operation operation, string comm, ulong sent = 0, ulong received = 0) => SampleEvents.Make(operation, comm) with
        {
            Sent = sent,
            Received = received,
            Error = (ushort)(operation == Operation.ConnectFailed ? 111 : 0)
        };
        string file = folder.File("trace.tct");
        File.WriteAllBytes(file, SampleEvents.Trace(events:
        [
            Of(Operation.Connect, "curl"), Of(Operation.Close, "curl", 70, 5000), Of(Operation.Accept, "curl"),
            Of(Operation.Close, "curl", 8, 9), Of(Operation.ConnectFailed, "curl"),
            Of(Operation.Connect, "wget"), Of(Operation.Close, "wget", 1, 2),
        ]));
        return file;
    }

    [Fact]
    public void TheCommandPrintsEachTotalUnderItsName()
    {
        using var folder = new TemporaryFolder();
        RunResult run = TcptracerProgram.Run("summary", Write(folder), "--by", "comm");
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        string[][] rows = [.. run.Lines.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal(["COMM", "EVENTS", "OPENED", "FAILED", "SENT", "RECEIVED", "RESET_ENDS", "RETRANSMITS", "LATENCY_P50", "LATENCY_P99",
            "FIRST", "LAST"], rows[0]);
        Assert.Equal(["curl", "5", "2", "1", "78B", "5.0kB"], rows[1][..6]);
        Assert.Equal(["wget", "2", "1", "0", "1B", "2B"], rows[2][..6]);
        Assert.Equal(3, rows.Length);
    }

    [Fact]
    public void ProgressIsNotAddedToTheBytesOfTheClose()
    {
        Operation[] kinds = [Operation.Existing, Operation.Connect, Operation.Progress, Operation.Progress, Operation.Close,
            Operation.Unaccepted, Operation.Existing];
        TcpEvent[] events = [.. kinds.Select((o, i) => SampleEvents.Make(o) with { Sent = (ulong)i, Received = (ulong)i * 100 })];
        foreach (string by in new[] { "comm", "comm,dport" })
        {
            SummaryTotals totals = Assert.Single(ByScan(TraceBytes.Write(events), by.Split(','), 1)).Value;
            Assert.Equal((7L, 1L, 0L, 1L, 4ul, 400ul),
                (totals.Events, totals.Connections, totals.Failed, totals.Unaccepted, totals.Sent, totals.Received));
        }
    }

    [Fact]
    public void SummaryReportsNeverAcceptedConnectionsOnStandardError()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("trace.tct");
        File.WriteAllBytes(file, SampleEvents.Trace(events: [.. Enumerable.Range(0, 3)
            .Select(i => SampleEvents.Make(i > 0 ? Operation.Unaccepted : Operation.Accept, $"c{i}"))]));
        RunResult run = TcptracerProgram.Run("summary", file, "--by", "comm", "--limit", "1");
        Assert.Equal("tcptracer: 2 connections never accepted: the listener's queue was full, or it was closed\n", run.Errors);
        Assert.Equal("", TcptracerProgram.Run("summary", file, "--by", "comm", "--op", "accept").Errors);
        Assert.Contains("events     3: 1 accept, 2 unaccepted", TcptracerProgram.Run("info", file).Output);
    }

    [Fact]
    public void JsonHasEachTotalUnderItsKeyAndALimitKeepsTheLargest()
    {
        using var folder = new TemporaryFolder();
        RunResult run = TcptracerProgram.Run("summary", Write(folder), "--by", "comm", "-o", "json", "--limit", "1");
        JsonElement group = JsonDocument.Parse(Assert.Single(run.Lines)).RootElement;
        Assert.Equal("curl", group.GetProperty("comm").GetString());
        Assert.Equal((5, 2, 1, 78, 5009), (group.GetProperty("events").GetInt32(), group.GetProperty("connections").GetInt32(),
            group.GetProperty("failed").GetInt32(),
            group.GetProperty("sent_bytes").GetInt32(), group.GetProperty("received_bytes").GetInt32()));
    }

    /// <summary>Before its end nobody knows what a connection has sent, so 0 would be wrong.</summary>
    [Fact]
    public void BytesAreShownOnlyForEndedConnections()
    {
        using var folder = new TemporaryFolder();
        TcpEvent[] events =
        [
            SampleEvents.Make(Operation.Connect, "open"),
            SampleEvents.Make(Operation.Connect, "ended"), SampleEvents.Make(Operation.Close, "ended") with { Sent = 0, Received = 7 },
            SampleEvents.Make(Operation.Close, "unseen") with { Flags = EventFlags.Uncounted },
        ];
        string file = folder.File("t.tct");
        File.WriteAllBytes(file, SampleEvents.Trace(events: events));
        foreach (string by in new[] { "comm", "comm,dport" }) // once by dictionary entry, once by event
        {
            string[] Row(string comm, params string[] options) =>
                TcptracerProgram.Run(["summary", file, "--by", by, .. options]).Lines.Single(l =>
                    l.StartsWith(comm, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^8..^6];
            Assert.Equal(["-", "-"], Row("open"));
            Assert.Equal(["0B", "7B"], Row("ended"));
            Assert.Equal(["-", "-"], Row("unseen"));
            Assert.Equal(["-", "-"], Row("ended", "--op", "connect"));
            string[] json = TcptracerProgram.Run("summary", file, "--by", by, "-o", "json").Lines;
            Assert.Equal("ended", Assert.Single(json, l => l.Contains("sent_bytes", StringComparison.Ordinal)) is var line
                ? JsonDocument.Parse(line).RootElement.GetProperty("comm").GetString() : null);
        }
    }
}
