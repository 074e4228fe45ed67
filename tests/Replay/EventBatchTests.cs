using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Reports;
using TcpTracer.Replay.Summaries;
using TcpTracer.Tests.Formats.Connections;
using TcpTracer.Tests.Formats.TraceFile;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>Whether events come in batches, in which some ends are whole, or one by one: the connections are the same.</summary>
public sealed class EventBatchTests
{
    private const long Ms = 1_000_000;
    private static readonly string s_shop = Path.Combine(Harness.TcptracerProgram.Repository, "examples", "shop.tct");

    /// <summary>Takes rows as text, with what the tracker guessed of them.</summary>
    private sealed class Rows : IEventSink
    {
        private readonly EventFormat _format = EventFormat.Parse("json", null, false, ConnectionFields.OfConnections);

        public List<string> All { get; } = [];

        public void OnEvent(in TcpEvent e)
        {
            var text = new TextBuffer(1024);
            _format.Write(text, in e);
            All.Add($"{e.Connection!.IsNearGuessedCalled} {System.Text.Encoding.UTF8.GetString(text.Written)}");
        }
    }

    /// <summary>Hands on each event of a batch, and counts those of whole ends and those of plain ones.</summary>
    private sealed class OneByOne(IEventSink next) : PassingSink(next), IEventSink
    {
        public long InWholeEnds { get; private set; }

        public long InPlainEnds { get; private set; }

        BatchParts IEventSink.Parts => BatchParts.Ends | BatchParts.Calls;

        void IEventSink.OnEvents(EventBatch batch)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                ref readonly WholeEnd end = ref batch.Ends[batch.EndOf[i]];
                InWholeEnds += end.IsWhole ? 1 : 0;
                InPlainEnds += end.IsPlain ? 1 : 0;
                batch.Read(i, out TcpEvent e);
                OnEvent(in e);
            }
        }
    }

    private static OneByOne Send(byte[] trace, IEventSink sink, bool isInBatches)
    {
        var oneByOne = new OneByOne(sink);
        var selection = new TraceSelection(new EventFilter(Printing.Everything), TimeWindow.Everything);
        new TraceEventSource(selection, isInBatches ? sink : oneByOne, 3) { ParallelFrom = 0 }.Run(new MemoryStream(trace));
        return oneByOne;
    }

    private static string[] Read(byte[] trace, int limit, long nextFileNs, bool isInBatches, out long inWholeEnds)
    {
        var rows = new Rows();
        var tracker = new ConnectionTracker(rows, limit)
        {
            IsNothingKept = true, CalledEnds = new CalledEnds(), NextFileNs = nextFileNs,
        };
        inWholeEnds = Send(trace, tracker, isInBatches).InWholeEnds;
        tracker.Finish();
        return [.. rows.All, $"{tracker.HandedOn} {tracker.LetGo} {tracker.CountedTwice}"];
    }

    /// <summary>
    /// Ends of few connections at a time, mostly orderly. Some have the flow of another end, some the identity of an earlier one, some
    /// progress, and some have events after their end.
    /// </summary>
    private static IEnumerable<TcpEvent> Traffic(int seed, int count)
    {
        var random = new Random(seed);
        var open = new List<(long Start, ulong Flow)>();
        long now = 1_000 * Ms;
        for (int i = 0; i < count; i++)
        {
            now += random.Next(1, 5) * Ms;
            if (open.Count < random.Next(1, 40))
            {
                Operation opening = random.Next(9) switch
                {
                    < 4 => Operation.Connect,
                    < 7 => Operation.Accept,
                    7 => Operation.Existing,
                    _ => Operation.ConnectFailed,
                };
                ulong flow = random.Next(4) == 0 ? (ulong)random.Next(1, 60) : random.Next(5) == 0 ? 0 : (ulong)random.NextInt64();
                long start = random.Next(30) == 0 && open.Count > 0 ? open[0].Start : now;
                yield return Gathered.Of(opening, start, now - start + Ms, flow);
                if (opening != Operation.ConnectFailed || random.Next(10) == 0)
                    open.Add((start, flow));
                continue;
            }
            int which = random.Next(open.Count);
            (long begun, ulong its) = open[which];
            bool isProgress = random.Next(4) == 0;
            Operation next = isProgress ? Operation.Progress : random.Next(8) == 0 ? Operation.Unknown : Operation.Close;
            Reason reason = isProgress ? Reason.None : random.Next(4) == 0 ? Reason.ResetSent : Reason.Close;
            yield return Gathered.Of(next, begun, now - begun + Ms, its, reason);
            if (!isProgress && random.Next(10) > 0)
                open.RemoveAt(which);
        }
    }

    [Theory]
    [InlineData(1, 500)]
    [InlineData(2, 5_000)]
    [InlineData(3, 40)]
    public void ConnectionsAreTheSameAsOneByOne(int seed, int blockOf)
    {
        byte[] odd = TraceBytes.Write(RandomTraffic.Events((ulong)seed, 20_000), blockOf);
        byte[] usual = TraceBytes.Write([.. Traffic(seed, 20_000)], blockOf);
        long all = 0;
        foreach (byte[] trace in new[] { File.ReadAllBytes(s_shop), odd, usual })
        {
            foreach (int limit in new[] { ConnectionTracker.UsualLimit, 600, 20 })
            {
                foreach (long nextFileNs in new[] { long.MaxValue, Gathered.Of(Operation.Close, 20_000 * Ms, Ms).WallNs, long.MinValue })
                {
                    string[] expected = Read(trace, limit, nextFileNs, isInBatches: false, out long inWholeEnds);
                    Assert.Equal(expected, Read(trace, limit, nextFileNs, isInBatches: true, out _));
                    all += inWholeEnds;
                }
            }
        }
        Assert.True(all > 10_000, $"{all} events of whole ends");
    }

    /// <summary>Connections of many parties: of few tables there is one that tells all of them apart.</summary>
    private static byte[] Busy(int seed, int blockOf)
    {
        var random = new Random(seed);
        TcpEvent[] events = [.. Traffic(seed, 20_000)];
        var names = new Dictionary<long, (Address Far, ushort Port, ProcessIdentity Process)>();
        foreach (ref TcpEvent e in events.AsSpan())
        {
            if (!names.TryGetValue(e.StartNs, out (Address Far, ushort Port, ProcessIdentity Process) its))
            {
                names[e.StartNs] = its = (new Address([10, 0, 0, (byte)random.Next(20)]), (ushort)random.Next(80, 83),
                    e.Process with { Comm = new SafeText($"c{random.Next(12)}") });
            }
            e.Process = its.Process;
            if (e.Sport < e.Dport)
                (e.Daddr, e.Sport) = (its.Far, its.Port);
            else
                (e.Daddr, e.Dport) = (its.Far, its.Port);
            e.Sent = (ulong)random.Next(1, 1_000);
            e.Received = (ulong)random.Next(1, 1_000);
            e.Retransmits = (uint)random.Next(3);
            e.Flags |= random.Next(20) == 0 ? EventFlags.Untimed : random.Next(20) == 0 ? EventFlags.Uncounted : 0;
        }
        return TraceBytes.Write(events, blockOf);
    }

    private static string Of(ValueSketch sketch) => $"{sketch.Count} {sketch.Least} {sketch.Most} {string.Join(',', sketch.Shape)}";

    private static string Of(Edge e) => string.Join(' ', e.From, e.To, e.Port, e.Calls, e.Begun, e.Failed, e.Open, e.Counted, e.BytesThere,
        e.BytesBack, e.Retransmits, e.ResetByCaller, e.ResetByCalled, e.BrokenOtherwise, e.FirstNs, e.LastNs, e.FirstFailedNs,
        e.LastFailedNs, e.Example, Of(e.Latency), Of(e.Queue), string.Join(',', e.Errors), string.Join(',', e.Failures),
        string.Join(',', e.Reached.OrderBy(r => r.Key.ToString(), StringComparer.Ordinal)));

    private static IEnumerable<string> Of(IEnumerable<Edge> edges) => edges.Select(Of).Order(StringComparer.Ordinal);

    /// <summary>The limits are reached within batches, at the same connection.</summary>
    [Theory]
    [InlineData(1, 5_000, 1_000, 1_000)]
    [InlineData(2, 16_384, 1_000, 100)]
    [InlineData(3, 700, 15, 1_000)]
    [InlineData(4, 5_000, 20, 30)]
    public void CallsAreTheSameAsOneByOne(int seed, int blockOf, int mostParties, int mostEdges)
    {
        foreach (byte[] trace in new[] { File.ReadAllBytes(s_shop), Busy(seed, blockOf) })
        {
            string[] ReadCalls(bool isInBatches)
            {
                var calls = new CallTable(new Parties(most: mostParties), mostEdges);
                var tracker = new ConnectionTracker(calls) { IsNothingKept = true, CalledEnds = new CalledEnds() };
                Send(trace, tracker, isInBatches);
                tracker.Finish();
                return [.. Of(calls.Edges), $"{calls.HasOthers} {calls.Guessed} {tracker.HandedOn}"];
            }

            Assert.Equal(ReadCalls(isInBatches: false), ReadCalls(isInBatches: true));
        }
        OneByOne counts = Send(Busy(seed, blockOf), new ConnectionTracker(new Rows()), isInBatches: false);
        Assert.InRange(counts.InPlainEnds, 1_000, counts.InWholeEnds - 1_000);
    }

    [Theory]
    [InlineData(1, 5_000)]
    [InlineData(2, 300)]
    public void PageIsTheSameAsOneByOne(int seed, int blockOf)
    {
        byte[] odd = TraceBytes.Write(RandomTraffic.Events((ulong)seed, 20_000), blockOf);
        foreach (byte[] trace in new[] { File.ReadAllBytes(s_shop), Busy(seed, blockOf), odd })
        {
            foreach (long nextFileNs in new[] { long.MaxValue, Gathered.Of(Operation.Close, 20_000 * Ms, Ms).WallNs, long.MinValue })
                Assert.Equal(ReadPage(trace, nextFileNs, isInBatches: false), ReadPage(trace, nextFileNs, isInBatches: true));
        }
    }

    private static string[] ReadPage(byte[] trace, long nextFileNs, bool isInBatches)
    {
        var overview = new TraceOverview();
        overview.Tracker.NextFileNs = nextFileNs;
        Send(trace, overview, isInBatches);
        overview.Finish();
        ConnectionOverview all = overview.Connections;
        Rates? rates = overview.Rate.Strip(80);
        return
        [
            .. Of(all.Edges),
            .. all.Failures.Select(f => $"{f.Key} {Of(f.Value)}"), .. all.Broken.Select(b => $"{b.Key} {Of(b.Value)}"),
            .. all.Queues.Select(q => $"{q.Key} {Of(q.Value)}"),
            .. all.Traffic.Select(t => $"{t.Party} {t.Calls} {t.Called} {t.Sent} {t.Received}").Order(StringComparer.Ordinal),
            .. Enum.GetValues<ConnectionState>().Select(s => $"{s} {all.CountOf(s)}"),
            .. Enum.GetValues<Operation>().Select(o => $"{o} {overview.CountOf(o)}"),
            $"{overview.CountOfOthers} {overview.Events} {overview.FirstNs} {overview.LastNs} {overview.Ownerless} {overview.Podless}",
            $"{all.Count} {all.Flowless} {all.Guessed} {all.HasOthers} {string.Join(',', all.Breaks)}",
            $"{rates?.StartNs} {rates?.WidthNs} {string.Join(',', rates?.Events ?? [])} {string.Join(',', rates?.Failed ?? [])}",
        ];
    }

    private static string Of(ProblemGroup group) => $"{group.Count} {group.FirstNs} {group.LastNs} {string.Join(',', group.Examples)} "
        + $"{group.Callers} {group.HasMoreCallers}";

    [Theory]
    [InlineData(1, 5_000)]
    [InlineData(2, 300)]
    public void ReportIsTheSameAsOneByOne(int seed, int blockOf)
    {
        foreach (byte[] trace in new[] { File.ReadAllBytes(s_shop), Busy(seed, blockOf) })
        {
            byte[] Write(bool isInBatches)
            {
                var report = new Report();
                Send(trace, report, isInBatches);
                report.Finish();
                using var page = new MemoryStream();
                ReportPage.Write(report, new ReportWords("", [], []), page);
                return page.ToArray();
            }

            Assert.Equal(Write(isInBatches: false), Write(isInBatches: true));
        }
    }

    /// <summary>A sink that takes event by event does not pay for what batches tell.</summary>
    [Fact]
    public void NothingIsPreparedThatNobodyTakes()
    {
        var sink = new Unprepared();
        new TraceEventSource(Printing.SelectAll(), sink, 1).Run(new MemoryStream(Busy(1, 5_000)));
        Assert.Equal((20_000, 0, 0, 0), (sink.Events, sink.Ends, sink.Calls, sink.Counted));
    }

    private sealed class Unprepared : IEventSink
    {
        public int Events, Ends, Calls, Counted;

        public void OnEvent(in TcpEvent e) => throw new NotSupportedException();

        public void OnEvents(EventBatch batch)
        {
            Events += batch.Count;
            Ends += batch.Ends.Length;
            Calls += batch.Calls.Length;
            Counted += batch.Counts.Spans.Length;
        }
    }
}
