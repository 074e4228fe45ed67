namespace TcpTracer.Formats.Events;

/// <summary>Where events can be lost. The numbers are those of trace files; 4 and 5 were never written.</summary>
public enum LossSource : byte
{
    /// <summary>The ring between kernel and reader was full.</summary>
    RingFull = 1,

    /// <summary>The kernel's connection map was full: connections not followed at all.</summary>
    ConnectionsFull = 2,

    /// <summary>The kernel's process map was full: children not followed.</summary>
    ProcessesFull = 3,

    /// <summary>The kernel's map of listeners was full: who called listen() is left out of what they accept.</summary>
    ListenersFull = 6,

    /// <summary>The kernel's connection map was full: old connections had to make room for new ones, and their ends are not told.</summary>
    Evicted = 7,

    /// <summary>They were in a part of the trace that was damaged when it was recovered.</summary>
    Damage = 8,
}

/// <summary>Loss, as data at its place among the events.</summary>
/// <param name="FromNs">Not before this moment, in boot time.</param>
/// <param name="ToNs">Not after this moment.</param>
/// <param name="Source">Where.</param>
/// <param name="Count">How many since the last such record.</param>
/// <param name="Total">How many in all.</param>
public readonly record struct LossRecord(long FromNs, long ToNs, LossSource Source, long Count, long Total);
