using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Harness;
using Xunit;
using static TcpTracer.Tests.Formats.Connections.Gathered;

namespace TcpTracer.Tests.Replay.Calls;

/// <summary>Who calls whom, added up from the connections of a trace.</summary>
public sealed class CallTableTests
{
    private const long Ms = 1_000_000;

    private static CallTable OfEvents(params TcpEvent[] events)
    {
        var table = new CallTable(new Parties());
        var tracker = new ConnectionTracker(table);
        foreach (TcpEvent e in events)
            tracker.OnEvent(in e);
        tracker.Finish();
        return table;
    }

    private static Edge[] OfShop(Parties parties, int most = CallTable.UsualMost)
    {
        var table = new CallTable(parties, most);
        var tracker = new ConnectionTracker(table);
        using FileStream trace = File.OpenRead(Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct"));
        new TraceEventSource(new TraceSelection(new EventFilter(new Selection()), TimeWindow.Everything), tracker, workers: 1).Run(trace);
        tracker.Finish();
        return [.. table.Edges];
    }

    private static Edge EdgeOf(IEnumerable<Edge> edges, string from, string to) =>
        Assert.Single(edges, e => (e.From.ToString(), e.To.ToString()) == (from, to));

    [Fact]
    public void PodsOfOneOwnerAreOnePartyAndTheirServiceIsAnother()
    {
        Edge[] edges = OfShop(new Parties());
        Edge cart = EdgeOf(edges, "deployment/shop/cart", "svc/shop/cache");
        Assert.Equal(6379, cart.Port);
        Assert.True(cart.BytesThere > 0 && cart.BytesBack > cart.BytesThere, $"{cart.BytesThere}, {cart.BytesBack}");
        Assert.Equal(cart.Calls, cart.Latency.Count);
        Edge probe = EdgeOf(edges, "kubelet", "deployment/shop/web");
        Assert.Equal(probe.Calls, probe.Latency.Count);
        Edge failed = Assert.Single(edges, e => e.Failed > 0 && e.From.ToString() == "deployment/shop/orders");
        Assert.Equal((2, 2, 7), (failed.Failed, failed.Errors.Sum(e => e.Count), failed.Calls));
        Assert.True(failed.FirstFailedNs < failed.LastFailedNs);
        Assert.NotEmpty(failed.Failures);
    }

    /// <summary>A connect that is refused shows only the address, so the address is what both are about.</summary>
    [Fact]
    public void ListenerThatDiesKeepsItsEdge()
    {
        TcpEvent accept = Of(Operation.Accept, 1, Ms, flow: 7, comm: "postgres");
        CallTable table = OfEvents(Of(Operation.Connect, 0, Ms, flow: 7), accept,
            Of(Operation.ConnectFailed, 50 * Ms, Ms));
        Edge edge = Assert.Single(table.Edges);
        Assert.Equal((2, 1), (edge.Calls, edge.Failed));
        Assert.Equal(System.Text.Encoding.ASCII.GetString(accept.Saddr.Text), edge.To.ToString());
        Assert.Equal("postgres", new Listeners(table.Edges).At(edge.To, edge.Port)?.ToString());
        Assert.Equal(["postgres"], new Listeners(table.Edges).At(edge.To));
        Assert.Equal(edge.To, Assert.Single(OfEvents(accept).Edges).To); // also where only this end was seen
    }

    [Fact]
    public void ExcessEdgesAndPartiesAreMergedWithoutLoss()
    {
        Edge[] all = OfShop(new Parties()), few = OfShop(new Parties(), most: 3), parties = OfShop(new Parties(most: 2));
        Assert.Equal(all.Sum(e => e.Calls), few.Sum(e => e.Calls));
        Assert.Equal(all.Sum(e => e.Calls), parties.Sum(e => e.Calls));
        Assert.Equal(4, few.Length);
        Assert.Contains(parties, e => e.From == Party.Others || e.To == Party.Others);
    }

    [Fact]
    public void SegmentsThatAFailedConnectSentAgainCount()
    {
        TcpEvent failed = Of(Operation.ConnectFailed, 0, Ms) with { Retransmits = 2 };
        Edge edge = Assert.Single(OfEvents(failed).Edges);
        Assert.Equal((2UL, true, 0), (edge.Retransmits, edge.HasRetransmits, edge.Counted));
    }

    /// <summary>Both ends say who reset a connection; each alone says it, too.</summary>
    [Theory]
    [InlineData(Operation.Connect, Reason.ResetSent, 1, 0)]
    [InlineData(Operation.Connect, Reason.ResetReceived, 0, 1)]
    [InlineData(Operation.Accept, Reason.ResetSent, 0, 1)]
    [InlineData(Operation.Accept, Reason.ResetReceived, 1, 0)]
    [InlineData(Operation.Connect, Reason.TimedOut, 0, 0)]
    public void SenderOfAResetIsKnownFromEitherEnd(Operation opening, Reason reason, long byCaller, long byCalled)
    {
        Edge edge = Assert.Single(OfEvents(Of(opening, 0, Ms), Of(Operation.Unknown, 0, 2 * Ms, reason: reason)).Edges);
        Assert.Equal((byCaller, byCalled, 1 - byCaller - byCalled), (edge.ResetByCaller, edge.ResetByCalled, edge.BrokenOtherwise));
    }

    [Fact]
    public void ConnectionWithoutOpeningIsGuessedByPortAndCounted()
    {
        CallTable table = OfEvents(Of(Operation.Close, 0, Ms, reason: Reason.Close));
        TcpEvent close = Of(Operation.Close, 0, Ms, reason: Reason.Close);
        Assert.Equal((1, Math.Min(close.Sport, close.Dport)), (table.Guessed, Assert.Single(table.Edges).Port));
    }

    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0/24")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0/24")]
    [InlineData("2001:db8:1:2::3", "2001:db8:1::/48")]
    [InlineData("10.1.2.3", null)]
    [InlineData("100.64.1.2", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("::1", null)]
    [InlineData("fe80::1", null)]
    [InlineData("fd00::1", null)]
    public void PublicAddressesAreGroupedIntoBlocks(string address, string? block) =>
        Assert.Equal(block, OutsideBlock.OfPublic(new Address(System.Net.IPAddress.Parse(address).GetAddressBytes())));
}
