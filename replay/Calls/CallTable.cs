using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Calls;

/// <summary>
/// Adds up who calls whom. It takes the rows of a <see cref="Formats.Connections.ConnectionTracker"/>. Its memory is bounded: calls of
/// parties that come after there are too many are edges from or to <see cref="Party.Others"/>.
/// </summary>
/// <param name="parties">Finds the parties.</param>
/// <param name="most">How many edges are told apart.</param>
public sealed class CallTable(Parties parties, int most = CallTable.UsualMost) : IEventSink, IPlainConnections
{
    /// <summary>So many take some 60 MB, if each has few latencies.</summary>
    public const int UsualMost = 20_000;

    private readonly LatestCalls _latest = new();
    private readonly Dictionary<ulong, Edge> _edges = new(SeededHash.One); // by the numbers of both parties, and the port

    /// <summary>The edges, in no order.</summary>
    public IReadOnlyCollection<Edge> Edges => _edges.Values;

    /// <summary>Whether some edges were put together because there were too many.</summary>
    public bool HasOthers { get; private set; }

    /// <summary>Connections whose caller is a guess by the ports, because neither connect nor accept was recorded.</summary>
    public long Guessed { get; private set; }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e) => Add(in e);

    /// <inheritdoc/>
    public void OnCall(EventBatch batch, int number) => Add(batch, in batch.Calls[number]);

    /// <summary>Adds the plain ends of a call.</summary>
    /// <returns>Who calls whom, and the edge that they belong to.</returns>
    internal ref readonly LatestCalls.Slot Add(EventBatch batch, in BatchCall ends)
    {
        ref LatestCalls.Slot slot = ref _latest.SlotOf(in ends);
        if (!slot.IsOf(in ends))
        {
            Call call = Call.Of(in ends, parties);
            slot.Set(in ends, in call, EdgeOf(in call));
        }
        slot.Edge.Add(batch, in ends, slot.Call.Reached);
        return ref slot;
    }

    /// <summary>Adds a row.</summary>
    /// <returns>The edge that it belongs to.</returns>
    public Edge Add(in TcpEvent row)
    {
        Call call = Call.Of(in row, parties);
        return Add(in row, in call);
    }

    /// <summary>Adds a row whose call is known already.</summary>
    /// <returns>The edge that it belongs to.</returns>
    internal Edge Add(in TcpEvent row, in Call call)
    {
        Guessed += call.IsTurnKnown ? 0 : 1;
        Edge edge = EdgeOf(in call);
        edge.Add(in row, in call);
        return edge;
    }

    private Edge EdgeOf(in Call call)
    {
        ulong key = KeyOf(call.From, call.To, call.Port);
        if (_edges.TryGetValue(key, out Edge? edge))
            return edge;
        if (_edges.Count < most)
            return _edges[key] = new Edge(call.From, call.To, call.Port);
        HasOthers = true;
        key = KeyOf(Party.Others, Party.Others, 0);
        return _edges.TryGetValue(key, out edge) ? edge : _edges[key] = new Edge(Party.Others, Party.Others, 0);
    }

    private static ulong KeyOf(Party from, Party to, ushort port) => (ulong)from.Number << 40 | (ulong)to.Number << 16 | port;
}
