using TcpTracer.Formats.Events;
using TcpTracer.Replay.Comparison;
using Xunit;
using static TcpTracer.Tests.Formats.Connections.Gathered;

namespace TcpTracer.Tests.Replay.Comparison;

/// <summary>Each kind of change, of traces that differ in one thing.</summary>
public sealed class TraceComparisonTests
{
    private const long Ms = 1_000_000, Second = 1000 * Ms;

    /// <summary>A trace of a minute: so many connects, of which some fail or are reset, and which take so long.</summary>
    private static ComparedTrace Trace(int calls, int failed = 0, int reset = 0, long tookNs = Ms, ushort port = 80)
    {
        var trace = new ComparedTrace();
        trace.OnClock(new ClockSample(0, 0, 0, 0, default));
        for (int i = 0; i < calls; i++)
        {
            long start = i * 60 * Second / calls;
            Add(trace, i < failed ? Operation.ConnectFailed : Operation.Connect, start, start + tookNs + i * 1000, port);
            if (i >= failed)
                Add(trace, i < failed + reset ? Operation.Unknown : Operation.Close, start, start + tookNs + Ms + i * 1000, port);
        }
        trace.OnClock(new ClockSample(60 * Second, 60 * Second, 0, 0, default));
        trace.Finish(null);
        return trace;
    }

    private static void Add(ComparedTrace trace, Operation operation, long start, long at, ushort port)
    {
        TcpEvent e = Of(operation, start, at, reason: operation == Operation.Unknown ? Reason.ResetReceived : Reason.None);
        (e.StartNs, e.TimestampNs, e.WallNs, e.Dport, e.Sport) = (start, at, at, port, 40000);
        trace.OnEvent(in e);
    }

    private static ChangeKind[] Kinds(ComparedTrace a, ComparedTrace b, double significance = 0.01, double ratio = 1.5) =>
        [.. new TraceComparison(significance, ratio).Of(a, b).Select(c => c.Kind)];

    private static void OnlyIs(ChangeKind up, ChangeKind down, ComparedTrace a, ComparedTrace b)
    {
        Assert.Equal([up], Kinds(a, b));
        Assert.Equal([down], Kinds(b, a));
        Assert.Empty(Kinds(a, b, significance: 0));
        Assert.DoesNotContain(Kinds(a, b, ratio: 1e6), _ => up != ChangeKind.BeganToFail && up != ChangeKind.BrokeMore);
        Assert.Empty(Kinds(a, a));
    }

    [Fact]
    public void MoreFailuresAreReported() =>
        OnlyIs(ChangeKind.BeganToFail, ChangeKind.StoppedFailing, Trace(100), Trace(100, failed: 20));

    [Fact]
    public void FewFailuresAreTakenForChance() => Assert.Empty(Kinds(Trace(100), Trace(100, failed: 2)));

    [Fact]
    public void MoreResetsAreReported() => OnlyIs(ChangeKind.BrokeMore, ChangeKind.BrokeLess, Trace(100), Trace(100, reset: 30));

    [Fact]
    public void LongerLatencyIsReported() => OnlyIs(ChangeKind.Slower, ChangeKind.Faster, Trace(50), Trace(50, tookNs: 5 * Ms));

    [Fact]
    public void SmallSignificantDifferenceIsNotReported()
    {
        Assert.Empty(Kinds(Trace(50), Trace(50, tookNs: 13 * Ms / 10)));
        Assert.Equal([ChangeKind.Slower], Kinds(Trace(50), Trace(50, tookNs: 13 * Ms / 10), ratio: 1.2));
    }

    [Fact]
    public void SevenValuesAreTooFewForATest() => Assert.Empty(Kinds(Trace(7), Trace(7, tookNs: 50 * Ms)));

    [Fact]
    public void RatesAreCompared() => OnlyIs(ChangeKind.More, ChangeKind.Fewer, Trace(40), Trace(120));

    [Fact]
    public void EdgeOfOnlyOneTraceIsAlwaysReported()
    {
        Assert.Equal([ChangeKind.Appeared], Kinds(Trace(0), Trace(1), significance: 0));
        Assert.Equal([ChangeKind.Vanished], Kinds(Trace(1), Trace(0), significance: 0));
        Assert.Equal([ChangeKind.Appeared, ChangeKind.Vanished], Kinds(Trace(9, port: 80), Trace(9, port: 81)));
    }

    [Fact]
    public void TraceWithoutEventsHasTheSpanOfItsClocks() => Assert.Equal(1, Trace(0).Minutes, 9);
}
