using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Reading;
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

    /// <summary>Hands on each event of a batch, and counts those of whole ends.</summary>
    private sealed class OneByOne(ConnectionTracker tracker) : IEventSink
    {
        public long InWholeEnds { get; private set; }

        public void OnEvent(in TcpEvent e) => tracker.OnEvent(in e);

        public void OnEvents(EventBatch batch)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                InWholeEnds += batch.FirstOf(i) >= 0 ? 1 : 0;
                batch.Read(i, out TcpEvent e);
                OnEvent(in e);
            }
        }
    }

    private static string[] Read(byte[] trace, int limit, long nextFileNs, bool isInBatches, out long inWholeEnds)
    {
        var rows = new Rows();
        var seen = new List<long>();
        var tracker = new ConnectionTracker(rows, limit)
        {
            IsNothingKept = true, CalledEnds = new CalledEnds(), NextFileNs = nextFileNs, Seen = (in e) => seen.Add(e.TimestampNs),
        };
        var oneByOne = new OneByOne(tracker);
        var selection = new TraceSelection(new EventFilter(Printing.Everything), TimeWindow.Everything);
        new TraceEventSource(selection, isInBatches ? tracker : oneByOne, 3) { ParallelFrom = 0 }.Run(new MemoryStream(trace));
        tracker.Finish();
        inWholeEnds = oneByOne.InWholeEnds;
        return [.. rows.All, $"{tracker.HandedOn} {tracker.LetGo} {tracker.CountedTwice}", string.Join(',', seen)];
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
}
