using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// What three nodes record of connections between them, over a minute: node 1 calls node 2, node 2 calls node 3, node 3 calls node 1. Each
/// has a boot of its own; the clock of node 2 may be wrong.
/// </summary>
internal sealed class NodeTraces
{
    private const long Second = 1_000_000_000, TrueBegin = 1_764_000_000 * Second;
    private readonly List<TcpEvent>[] _events = [[], [], []];
    private readonly long[] _boots = [1_000 * Second, 1_500 * Second, 900 * Second];
    private readonly long[] _skews;

    public NodeTraces(int connections, long skewOfSecondNs = 0)
    {
        _skews = [0, skewOfSecondNs, 0];
        TcpEvent[] random = RandomTraffic.Events(17, connections);
        for (int i = 0; i < connections; i++)
        {
            int from = i % 3, to = (i + 1) % 3;
            long at = (i + 1) * (60 * Second / (connections + 1)), roundTrip = 200_000 + i * 7919 % 700_000;
            TcpEvent e = random[i];
            e.Flow = (ulong)i + 1;
            Add(from, e, Operation.Connect, at, at + roundTrip, 0);
            Add(to, e, Operation.Accept, at + roundTrip * 3 / 2, at + roundTrip * 3 / 2 + 20_000, 1);
        }
    }

    private void Add(int node, TcpEvent e, Operation operation, long start, long at, uint cpu)
    {
        e.Operation = operation;
        e.StartCpu = cpu;
        (e.StartNs, e.TimestampNs) = (start + _boots[node], at + _boots[node]);
        (e.Error, e.Reason) = (0, Reason.None);
        _events[node].Add(e);
    }

    public int Events(int node) => _events[node].Count;

    /// <summary>The moment, in nanoseconds since 1970 by the node's own clock, that is so many seconds after the beginning.</summary>
    public long Wall(int node, double seconds) => TrueBegin + (long)(seconds * Second) + _skews[node];

    /// <summary>The trace of a node.</summary>
    /// <param name="node">Its number.</param>
    /// <param name="from">From which second on.</param>
    /// <param name="until">Before which second; its events stand at the same places in every piece.</param>
    /// <param name="isEnded">Whether it has an end.</param>
    public byte[] Of(int node, double from = 0, double until = 61, bool isEnded = true, int run = 1)
    {
        var to = new MemoryStream();
        long boot = _boots[node];
        var writer = new TcpTracer.Formats.Traces.TraceWriter(to, TraceBytes.Header with
        {
            Node = ThreeNodes.Names[node],
            BootId = $"boot-{node}",
            RunId = new Guid(run, (short)node, 0, [1, 2, 3, 4, 5, 6, 7, 8]),
            Clock = new ClockSample(boot + (long)(from * Second), Wall(node, from), 0, 100, ClockCause.Start),
        }, TimeSpan.Zero);
        TcpEvent[] events = [.. _events[node].Where(e => e.TimestampNs >= boot + (long)(from * Second)
            && e.TimestampNs < boot + (long)(until * Second)).OrderBy(e => e.TimestampNs)];
        foreach (TcpEvent e in events)
        {
            writer.OnEvent(in e);
            writer.OnPause();
        }
        if (isEnded)
            writer.Finish(new TraceEnd("test", events.Length, events.Length, 0));
        return to.ToArray();
    }
}
