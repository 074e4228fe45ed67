using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Rates;

/// <summary>
/// Remembers of each connection which end was called, which of its bytes are counted already, and whether its other end was seen before.
/// It is bounded: when it is full it forgets everything, and then who was called is a guess.
/// </summary>
internal sealed class OpenConnections
{
    private const int Most = 131_072;

    private readonly record struct Key(long StartNs, uint StartCpu, int Source)
    {
        public override int GetHashCode() => SeededHash.HashOf((ulong)StartNs, StartCpu);
    }

    private struct State
    {
        public bool IsCalled, IsOtherEnd;
        public ulong Flow;
        public ulong Sent, Received;
    }

    private readonly Dictionary<Key, State> _states = [];
    private readonly HashSet<ulong> _alone = new(SeededHash.One); // flows of which one end was seen
    private readonly CalledEnds _called = new();

    /// <summary>Takes an event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="counts">Gets the bytes that are new in it.</param>
    /// <returns>Whether the event's own end was called, and whether the connection's other end was seen before this one.</returns>
    public (bool IsCalled, bool IsOtherEnd) Take(in TcpEvent e, ref RateCounts counts)
    {
        var key = new Key(e.StartNs, e.StartCpu, e.Process.Source);
        bool isKnown = _states.Remove(key, out State state);
        if (!isKnown)
        {
            _called.Learn(in e);
            state.IsCalled = e.Operation is Operation.Accept or Operation.Unaccepted
                || (e.Operation is not (Operation.Connect or Operation.ConnectFailed) && _called.IsOwnEndCalled(in e));
        }
        if (state.Flow == 0 && e.Flow != 0)
            (state.Flow, state.IsOtherEnd) = (e.Flow, IsOtherEnd(e.Flow));
        if (e.IsCounted)
        {
            // What an old connection had before we saw it is not of this time
            bool isNew = isKnown || e.IsEnd;
            counts.Sent = isNew && e.Sent > state.Sent ? e.Sent - state.Sent : 0;
            counts.Received = isNew && e.Received > state.Received ? e.Received - state.Received : 0;
            (state.Sent, state.Received) = (e.Sent, e.Received);
        }
        if (e.IsEnd || e.Operation is Operation.ConnectFailed or Operation.Unaccepted)
            return (state.IsCalled, state.IsOtherEnd);
        if (_states.Count >= Most)
            _states.Clear();
        _states[key] = state;
        return (state.IsCalled, state.IsOtherEnd);
    }

    private bool IsOtherEnd(ulong flow)
    {
        if (_alone.Remove(flow))
            return true;
        if (_alone.Count >= Most)
            _alone.Clear();
        _alone.Add(flow);
        return false;
    }
}
