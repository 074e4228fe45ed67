using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Events that follow each other in a trace. It also tells which ends of connections are whole: all of their events are in the batch, the
/// last one is their end, and no other end in the batch has their identity or their flow. One object serves batch after batch.
/// </summary>
public sealed class EventBatch
{
    private TcpEvent[] _events = [];
    private int[] _firsts = [];

    /// <summary>How many events there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many ends of connections these are events of, at most.</summary>
    public int Ends { get; internal set; }

    /// <summary>The events, in the order of the trace.</summary>
    public ReadOnlySpan<TcpEvent> Events => _events.AsSpan(0, Count);

    /// <summary>Where the first event is of the whole end that the event at a place is of; below 0: that end is not whole.</summary>
    public int FirstOf(int place) => _firsts[place] is >= 0 and var first ? _firsts[first] : -1;

    /// <summary>An end whose first event is at this place is not whole: there were events of it before the batch.</summary>
    internal void Part(int first) => _firsts[first] = -1;

    /// <summary>Begins anew with so many events, which whoever asks fills in.</summary>
    internal Span<TcpEvent> Begin(int count)
    {
        if (_events.Length < count)
        {
            int room = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count);
            (_events, _firsts) = (new TcpEvent[room], new int[room]);
        }
        Count = count;
        return _events.AsSpan(0, count);
    }

    /// <summary>For each event the place of the first one of its end; at that place its own, if the end is whole, else -1.</summary>
    internal Span<int> Firsts => _firsts.AsSpan(0, Count);
}
