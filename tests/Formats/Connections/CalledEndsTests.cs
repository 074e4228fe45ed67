using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using Xunit;
using static TcpTracer.Tests.Formats.Connections.Gathered;

namespace TcpTracer.Tests.Formats.Connections;

/// <summary>Who called, where neither connect nor accept is in the trace.</summary>
public sealed class CalledEndsTests
{
    private const long Ms = 1_000_000;

    private static TcpEvent Close(ushort sport, ushort dport, long start = 0)
    {
        TcpEvent e = Of(Operation.Close, start, Ms, reason: Reason.Close);
        (e.Sport, e.Dport) = (sport, dport);
        return e;
    }

    [Theory]
    [InlineData(40_000, 8080, false)]
    [InlineData(8080, 40_000, true)]
    [InlineData(40_000, 62_000, false)] // Linux gives callers no port above 60999
    [InlineData(62_000, 40_000, true)]
    [InlineData(34_147, 50_051, true)] // the lower port, for want of anything better
    [InlineData(80, 443, true)]
    public void PortsTellWhereNothingElseDoes(ushort sport, ushort dport, bool isOwnEndCalled)
    {
        TcpEvent close = Close(sport, dport);
        Assert.Equal(isOwnEndCalled, new CalledEnds().IsOwnEndCalled(in close));
    }

    /// <summary>The connect comes after the close of the older connection: what the whole trace tells counts.</summary>
    [Fact]
    public void AnEndThatWasCalledElsewhereInTheTraceWasCalled()
    {
        TcpEvent connect = Of(Operation.Connect, 1, Ms);
        (connect.Sport, connect.Dport) = (34_999, 50_051);
        var gathered = new Gathered();
        var tracker = new ConnectionTracker(gathered) { CalledEnds = new CalledEnds() };
        foreach (TcpEvent e in new[] { Close(34_147, 50_051), connect })
        {
            TcpEvent given = e;
            tracker.OnEvent(in given);
        }
        tracker.Finish();
        Assert.Equal([null, false], gathered.Rows.Select(r => r.Connection.IsNearGuessedCalled));
    }

    /// <summary>So many do not fit: those that come later are guessed by what is known then.</summary>
    [Fact]
    public void MoreThanCanWaitAreHandedOnAtOnceAndNoneIsLost()
    {
        const int many = 10_000;
        var gathered = new Gathered();
        var tracker = new ConnectionTracker(gathered) { CalledEnds = new CalledEnds() };
        for (int i = 0; i < many; i++)
        {
            TcpEvent e = Close(40_000, 8080, start: i * 2 * Ms);
            tracker.OnEvent(in e);
        }
        Assert.InRange(gathered.Rows.Count, 1, many - 1);
        tracker.Finish();
        Assert.Equal(many, gathered.Rows.Count(r => r.Connection.IsNearGuessedCalled == false));
    }
}
