using CsCheck;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>The filter for whole blocks selects the same events as the filter for single events.</summary>
public sealed class BlockFilterTests
{
    private static Gen<string?> List(Gen<string> item) =>
        Gen.Frequency((2, Gen.Const((string?)null)), (3, Gen.Select(item, Gen.Int[0, 3], (i, negated) => negated == 0 ? "!" + i : i)
            .Array[1, 4].Select(items => (string?)string.Join(',', items))));

    private static readonly Gen<Selection> s_selection = Gen.Select(
        Gen.Select(
            List(Gen.UInt[0, 49].Select(n => $"{n}")),
            List(Gen.UInt[0, 3].Select(n => $"{n}")),
            List(Gen.OneOf("curl", "nginx*", "*", "a?b", "a*b", "\u65e5*", "nobody", "*n*"))),
        Gen.Select(
            List(Gen.OneOf("10.0.0.0/8", "10.0.0.1", "10.0.0.2/31", "fd00::/16", "fd00::1", "::/0", "0.0.0.0/0", "::ffff:10.0.0.1")),
            List(Gen.OneOf("80", "443", "0", "65535", "32767-32768", "0-1023", "1024-65535", "0-65535")),
            List(Gen.OneOf("connect", "accept", "close", "U", "F", "existing", "P", "unaccepted"))),
        Gen.Select(Gen.Int[0, 9], Gen.Bool, List(Gen.UInt[0, 3].Select(n => $"{n}")),
            Gen.OneOf(null, "node-1", "!node-1", "node-*", "other"),
            Gen.OneOf(null, null, null, null, null, null, "port == 80", "port != 443", "cidr(addr, 10.0.0.0/8)", "addr == fd00::1",
                "op == C", "not op in (X, F)", "failed", "latency > 1", "duration < 1d", "comm == curl", "flow", "flow =~ ^[0-7]",
                "op == P", "close_ns > 1ms", "exe == /usr/bin/curl", "args =~ curl", "unfinished", "sent_bytes > 1K")),
        (a, b, c) => new Selection
        {
            Pid = a.Item1, Uid = a.Item2, Comm = a.Item3, Addr = b.Item1, Port = b.Item2, Op = b.Item3, Failed = c.Item1 == 0,
            Existing = c.Item2, Netns = c.Item3, Node = c.Item4, Filter = c.Item5,
        });

    [Fact]
    public void BlockFilterSelectsTheSameRowsAsEventFilter()
    {
        TcpEvent[] events = RandomTraffic.Events(31, 500);
        byte[] trace = TraceBytes.Write(events, 170);
        var view = new WorkloadView(new SafeText("node-1"));
        var pcg = new PCG(1, 32);
        int selective = 0;
        for (int i = 0; i < 1_500; i++)
        {
            Selection selection = s_selection.Generate(pcg, null, out _);
            if (TryFilter(selection) is not { } filter)
                continue;
            int[] expected = [.. Enumerable.Range(0, events.Length).Where(row =>
            {
                TcpEvent e = events[row];
                e.NameBy(view);
                return filter.Matches(in e);
            })];
            var selected = new Selected(new BlockFilter(filter), filter, view);
            new TraceReader(new MemoryStream(trace), EventReading.Choose).Read(selected);
            Assert.True(expected.SequenceEqual(selected.Rows),
                $"{selection}: {expected.Length} rows match, {selected.Rows.Count} are selected");
            selective += expected.Length > 0 && expected.Length < events.Length ? 1 : 0;
        }
        Assert.True(selective > 200, $"only {selective} selections told rows apart");
    }

    /// <summary>null: the selection is refused, because its operations exclude each other.</summary>
    private static EventFilter? TryFilter(Selection selection)
    {
        try
        {
            return new EventFilter(selection);
        }
        catch (SelectionException)
        {
            return null;
        }
    }

    private sealed class Selected(BlockFilter filter, EventFilter zones, WorkloadView view) : ITraceVisitor
    {
        private int _first;

        public List<int> Rows { get; } = [];

        /// <summary>Skips blocks that the zone map rules out, as replay does.</summary>
        public bool PassesOver(BlockHeader header)
        {
            if (header.MayHold(zones, null, default))
                return false;
            _first += header.Rows;
            return true;
        }

        public void OnEvents(EventBlock block)
        {
            int[] rows = new int[block.Rows];
            int count = filter.Select(block, view, rows);
            Rows.AddRange(rows.Take(count).Select(r => _first + r));
            _first += block.Rows;
        }

        public void OnHeader(TraceHeader header)
        {
        }

        public void OnClock(in ClockSample sample)
        {
        }

        public void OnLoss(in LossRecord loss)
        {
        }

        public void OnEnd(TraceEnd end)
        {
        }

        public void OnDamage(TraceDamage damage) => Assert.Fail($"{damage}");

        public void OnUnknown(string kind) => Assert.Fail(kind);
    }
}
