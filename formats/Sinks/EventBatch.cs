using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Events that follow each other in a trace; each is made when it is read. The batch also tells which ends of connections are whole: all of
/// their events are in it, the last one is their end, and no other end in it has their identity or their flow.
/// </summary>
public abstract class EventBatch
{
    private const int None = -1;

    /// <summary>For each event the place of the first one of its end; there its own place, if the end is whole, else none.</summary>
    private int[] _firsts = [];

    /// <summary>How many events there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many ends of connections these are events of, at most.</summary>
    public int Ends { get; protected set; }

    /// <summary>Reads the event at a place, from 0 on in the order of the trace.</summary>
    public abstract void Read(int place, out TcpEvent e);

    /// <summary>Where the first event is of the whole end that the event at a place is of; below 0: that end is not whole.</summary>
    public int FirstOf(int place) => _firsts[_firsts[place] is not None and var first ? first : place];

    /// <summary>The end whose first event is at this place is not whole.</summary>
    public void Part(int first) => _firsts[first] = None;

    /// <summary>Begins anew.</summary>
    /// <param name="count">How many events there are.</param>
    /// <returns>Takes for each event the place of the first one of its end. So all ends are whole, until they are parted.</returns>
    protected Span<int> Begin(int count)
    {
        if (_firsts.Length < count)
            _firsts = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count)];
        Count = count;
        return _firsts.AsSpan(0, count);
    }
}

/// <summary>Does something with an event, which is good only during the call.</summary>
public delegate void EventAction(in TcpEvent e);
