using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Rates;

/// <summary>
/// Remembers of each connection which end was called, and which of its bytes are counted already. It is bounded: when it is full it forgets
/// everything, and then ports decide who was called.
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
        public bool IsCalled;
        public ulong Sent, Received;
    }

    private readonly Dictionary<Key, State> _states = [];

    /// <summary>Takes an event.</summary>
    /// <param name="e">The event.</param>
    /// <param name="counts">Gets the bytes that are new in it.</param>
    /// <returns>Whether the event's own end was called.</returns>
    public bool Take(in TcpEvent e, ref RateCounts counts)
    {
        var key = new Key(e.StartNs, e.StartCpu, e.Process.Source);
        bool isKnown = _states.Remove(key, out State state);
        if (!isKnown)
        {
            state.IsCalled = e.Operation is Operation.Accept or Operation.Unaccepted
                || (e.Operation is not (Operation.Connect or Operation.ConnectFailed) && e.Sport < e.Dport);
        }
        if (e.IsCounted)
        {
            // What an old connection had before we saw it is not of this time
            bool isNew = isKnown || e.IsEnd;
            counts.Sent = isNew && e.Sent > state.Sent ? e.Sent - state.Sent : 0;
            counts.Received = isNew && e.Received > state.Received ? e.Received - state.Received : 0;
            (state.Sent, state.Received) = (e.Sent, e.Received);
        }
        if (e.IsEnd || e.Operation is Operation.ConnectFailed or Operation.Unaccepted)
            return state.IsCalled;
        if (_states.Count >= Most)
            _states.Clear();
        _states[key] = state;
        return state.IsCalled;
    }
}
