using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using Xunit;
using static TcpTracer.Tests.Formats.Connections.Gathered;

namespace TcpTracer.Tests.Formats.Connections;

/// <summary>Connections of which one end is in one file and the other end in the next one, which is of the same time.</summary>
public sealed class EndsInTwoFilesTests
{
    private const long Ms = 1_000_000;

    private readonly List<(bool HasBoth, ulong Flow)> _rows = [];

    private ConnectionTracker Tracker(int mostParked = 10) => new(new Rows(_rows), 10) { IsNothingKept = true, MostParked = mostParked };

    private sealed class Rows(List<(bool, ulong)> rows) : TcpTracer.Formats.Sinks.IEventSink
    {
        public void OnEvent(in TcpEvent e) => rows.Add((e.Connection!.Far is not null, e.Connection.Near.Flow));
    }

    private static void Read(ConnectionTracker tracker, Operation opening, int count)
    {
        for (int i = 0; i < count; i++)
        {
            long start = (opening == Operation.Accept ? 1 : 0) + i * 10 * Ms;
            ulong flow = (ulong)i + 1;
            foreach (TcpEvent e in new[] { Of(opening, start, Ms, flow), Of(Operation.Close, start, 2 * Ms, flow, Reason.Close) })
            {
                TcpEvent given = e;
                tracker.OnEvent(in given);
            }
        }
    }

    [Fact]
    public void BothEndsAreOneConnectionIfTheNextFileBeginsBeforeTheFirstOnesEnd()
    {
        ConnectionTracker tracker = Tracker();
        tracker.NextFileNs = 0;
        Read(tracker, Operation.Connect, 5);
        Assert.Empty(_rows);
        tracker.NextFileNs = long.MaxValue;
        Read(tracker, Operation.Accept, 5);
        tracker.Finish();
        Assert.Equal((5, 0), (_rows.Count, tracker.CountedTwice));
        Assert.Equal([(true, 1UL), (true, 2UL), (true, 3UL), (true, 4UL), (true, 5UL)], _rows);
    }

    [Fact]
    public void ConnectionsThatEndBeforeTheNextFileBeginsDoNotWait()
    {
        ConnectionTracker tracker = Tracker();
        TcpEvent third = Of(Operation.Close, 20 * Ms, 2 * Ms, 3, Reason.Close);
        tracker.NextFileNs = third.WallNs;
        Read(tracker, Operation.Connect, 5);
        Assert.Equal([(false, 1UL), (false, 2UL)], _rows);
        tracker.Finish();
        Assert.Equal(5, _rows.Count);
    }

    [Fact]
    public void ThoseThatCannotWaitCountTwiceAndThatIsTold()
    {
        ConnectionTracker tracker = Tracker(mostParked: 3);
        tracker.NextFileNs = 0;
        Read(tracker, Operation.Connect, 5);
        tracker.NextFileNs = long.MaxValue;
        Read(tracker, Operation.Accept, 5);
        tracker.Finish();
        Assert.Equal((7, 2, 3), (_rows.Count, tracker.CountedTwice, _rows.Count(r => r.HasBoth)));
    }
}
