using TcpTracer.Formats.Events;
using TcpTracer.Replay.Rates;
using Xunit;
using static TcpTracer.Tests.Formats.Connections.Gathered;

namespace TcpTracer.Tests.Replay;

/// <summary>What <c>top</c> counts.</summary>
public sealed class RateTableTests
{
    private const long Ms = 1_000_000, Second = 1_000 * Ms;

    private static RateSlice SliceOf(params IEnumerable<TcpEvent> events)
    {
        var table = new RateTable(Second, WhenFull.Coarsen);
        foreach (TcpEvent given in events)
        {
            TcpEvent e = given;
            table.OnEvent(in e);
        }
        return table.SliceAt(null);
    }

    private static IEnumerable<TcpEvent> Connection(ulong flow, ulong flowThere)
    {
        long start = (long)flow * 10 * Ms;
        yield return Of(Operation.Connect, start, Ms, flow, comm: "curl");
        yield return Of(Operation.Close, start, 2 * Ms, flow, Reason.ResetSent, comm: "curl") with { Sent = 100, Received = 7 };
        // The client may be gone before the server accepts
        yield return Of(Operation.Accept, start + 1, 3 * Ms, flowThere, comm: "nginx");
        TcpEvent reset = Of(Operation.Close, start + 1, 4 * Ms, flowThere, Reason.ResetReceived, comm: "nginx");
        yield return reset with { Sent = 7, Received = 100 };
    }

    [Fact]
    public void TheWholeCountsEachConnectionOnceAndRowsCountEachEnd()
    {
        RateSlice slice = SliceOf(Enumerable.Range(1, 10).SelectMany(i => Connection((ulong)i, (ulong)i)));
        Assert.Equal(new RateCounts { Made = 10, Broken = 10, Ended = 10, Sent = 1_000, Received = 70 }, slice.All);
        Assert.Equal(20, slice.Groups(RateGrouping.Command).Values.Sum(g => g.Made));
    }

    [Fact]
    public void WithoutAFlowEachEndCounts() =>
        Assert.Equal((2, 107UL), (SliceOf(Connection(1, 0)).All.Made, SliceOf(Connection(1, 0)).All.Sent));
}
