using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Events that follow each other in a trace; each is made when it is read. A worker has prepared what the sink takes of the batch as a
/// whole, see <see cref="BatchParts"/>.
/// </summary>
public abstract class EventBatch
{
    /// <summary>How many events there are.</summary>
    public int Count { get; protected set; }

    /// <summary>Changes with each batch, also where one object serves for all of them.</summary>
    public long Number { get; protected set; }

    /// <summary>
    /// The ends of connections that these are events of, in the order of their first events. An end whose identity comes again after its
    /// end is one of them, too, so it is not whole. With <see cref="BatchParts.Ends"/>.
    /// </summary>
    public abstract Span<WholeEnd> Ends { get; }

    /// <summary>For each event the number of its end among <see cref="Ends"/>; with <see cref="BatchParts.Ends"/>.</summary>
    public abstract ReadOnlySpan<int> EndOf { get; }

    /// <summary>The calls of the plain ones among the whole ends; with <see cref="BatchParts.Calls"/>.</summary>
    public abstract Span<BatchCall> Calls { get; }

    /// <summary>How long the connects or the accepts of a call took, in nanoseconds, as far as that is known.</summary>
    public abstract ReadOnlySpan<ulong> AgesOf(in BatchCall call);

    /// <summary>Counts of all events; with <see cref="BatchParts.Counts"/>.</summary>
    public abstract EventCounts Counts { get; }

    /// <summary>Reads the event at a place, from 0 on in the order of the trace.</summary>
    public abstract void Read(int place, out TcpEvent e);

    /// <summary>When the event at a place was, in nanoseconds since 1970.</summary>
    public abstract long WallNsAt(int place);

    /// <summary>The node of an end.</summary>
    public abstract SafeText NodeOf(in WholeEnd end);

    /// <summary>How many addresses may have been called.</summary>
    internal abstract int CalledPlaces { get; }

    /// <summary>The address that was called in a plain end.</summary>
    public abstract Address CalledAddressOf(in WholeEnd end);

    /// <summary>Whether an address is that of an end in the batch, or near it.</summary>
    internal abstract bool HasEndsAt(Address address);
}
