using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>What a block header says about its block. If a reader wrongly skips a block, events are lost without notice.</summary>
public sealed class ZoneMapTests
{
    private const int First = 40_000, Count = 300, Last = First + Count - 1;
    private static readonly long s_begin = TraceBytes.Clock.BootNs;

    /// <summary>Connects of a client to one service, one each microsecond, each from a port of its own.</summary>
    private static TcpEvent[] Connects(int firstPort = First) => [.. Enumerable.Range(0, Count)
        .Select(i => SampleEvents.Make(Operation.Connect) with
    {
        TimestampNs = s_begin + i * 1_000, StartNs = s_begin + i * 1_000, Sport = (ushort)(firstPort + i),
    })];

    private static BlockHeader HeaderOf(TcpEvent[] events)
    {
        BlockHeader header = Assert.Single(HeadersOf(TraceBytes.Write(events)));
        Assert.False(header.ZoneMap.IsEmpty);
        return header;
    }

    private static IEnumerable<BlockHeader> HeadersOf(byte[] trace) =>
        TraceBytes.Split(trace).Where(p => p.IsSkippable).Select(p => BlockHeader.TryRead(p.Bytes.AsSpan(8))).OfType<BlockHeader>()
            .Where(h => h.IsEvents);

    private static bool MayHold(BlockHeader header, Selection selection, WallWindow? window = null) =>
        header.MayHold(new EventFilter(selection with { Existing = true }), window, TraceBytes.Clock);

    [Theory]
    [InlineData(First - 1, false)]
    [InlineData(First, true)]
    [InlineData(First + 150, true)]
    [InlineData(Last, true)]
    [InlineData(Last + 1, false)]
    [InlineData(443, true)]
    [InlineData(444, false)]
    public void ZoneMapHoldsPortsExactlyToItsBounds(int port, bool expected) =>
        Assert.Equal(expected, MayHold(HeaderOf(Connects()), new Selection { Port = $"{port}" }));

    [Theory]
    [InlineData(0)]
    [InlineData(65_535 - Count + 1)]
    public void ZoneMapHoldsTheLowestAndHighestPort(int firstPort)
    {
        BlockHeader header = HeaderOf(Connects(firstPort));
        foreach (int port in new[] { firstPort, firstPort + Count - 1 })
            Assert.True(MayHold(header, new Selection { Port = $"{port}" }), $"{port}");
    }

    [Fact]
    public void OneOfSeveralValuesIsEnough()
    {
        BlockHeader header = HeaderOf(Connects());
        Assert.True(MayHold(header, new Selection { Port = $"1,{Last}" }));
        Assert.True(MayHold(header, new Selection { Comm = "curl,wget" }));
        Assert.True(MayHold(header, new Selection { Pid = "1,29610" }));
        Assert.True(MayHold(header, new Selection { Addr = "10.1.1.1,23.57.4.240" }));
        Assert.False(MayHold(header, new Selection { Port = "1,2" }));
        Assert.False(MayHold(header, new Selection { Comm = "curl,nginx" }));
    }

    [Fact]
    public void EveryConditionMustBePossible()
    {
        BlockHeader header = HeaderOf(Connects());
        Assert.False(MayHold(header, new Selection { Comm = "wget", Uid = "1" }));
        Assert.False(MayHold(header, new Selection { Comm = "curl", Uid = "1000" }));
        Assert.True(MayHold(header, new Selection { Comm = "wget", Uid = "1000" }));
    }

    [Fact]
    public void UndecidableConditionsSkipNoBlock()
    {
        BlockHeader header = HeaderOf(Connects());
        foreach (Selection selection in new Selection[] { new() { Comm = "wg*" }, new() { Port = "40000-50000" },
            new() { Addr = "23.0.0.0/8" }, new() { Comm = "!curl" }, new() { Port = "!1" }, new() { Pid = "!1" }, new() })
            Assert.True(MayHold(header, selection), $"{selection}");
    }

    [Theory]
    [InlineData(-1, 0, false)]
    [InlineData(0, 1, true)]
    [InlineData(Count * 1_000 - 1_000, long.MaxValue, true)]
    [InlineData(Count * 1_000 - 999, long.MaxValue, false)]
    public void ZoneMapHoldsTimesToTheNanosecond(long from, long to, bool expected)
    {
        long wall = TraceBytes.Clock.WallNs;
        Assert.Equal(expected,
            MayHold(HeaderOf(Connects()), new Selection(), new WallWindow(wall + from, to == long.MaxValue ? to : wall + to)));
    }

    [Fact]
    public void ZoneMapHoldsOperations()
    {
        BlockHeader header = HeaderOf(Connects());
        Assert.True(MayHold(header, new Selection { Op = "connect" }));
        Assert.False(MayHold(header, new Selection { Op = "close" }));
    }

    [Fact]
    public void BlocksWithMatchingEventsAreNeverSkipped()
    {
        TcpEvent[] events = RandomTraffic.Events(61, 3_000);
        const int block = 300;
        BlockHeader[] headers = [.. HeadersOf(TraceBytes.Write(events, block))];
        Assert.Equal(events.Length / block, headers.Length);
        int without = 0;
        for (int i = 0; i < events.Length; i++)
        {
            TcpEvent e = events[i];
            // A name with a comma or a star would be a list or a pattern
            string? comm = e.Process.Comm.ToString() is { Length: > 0 } name && name.All(char.IsAsciiLetterOrDigit) ? name : null;
            foreach (Selection selection in new Selection[] { new() { Port = $"{e.Sport}" }, new() { Port = $"{e.Dport}" },
                new() { Pid = $"{e.Process.Pid}" }, new() { Uid = $"{e.Process.Uid}" }, new() { Addr = $"{e.Saddr}" },
                new() { Addr = $"{e.Daddr}" }, new() { Comm = comm } })
            {
                Assert.True(MayHold(headers[i / block], selection), $"event {i}: {selection}");
                without += headers.Count(h => !MayHold(h, selection));
            }
        }
        Assert.True(without > events.Length, $"maps said only {without} times that a block need not be read");
    }
}
