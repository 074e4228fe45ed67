namespace TcpTracer.Formats.Events;

/// <summary>Where something was lost. Trace files use these numbers: never change one. No version wrote 4 or 5.</summary>
public enum LossSource : byte
{
    /// <summary>The ring between the kernel and the recorder was full: events are missing.</summary>
    RingFull = 1,

    /// <summary>The kernel's map of connections was full: new connections are not followed at all.</summary>
    ConnectionsFull = 2,

    /// <summary>The kernel's map of processes was full: child processes are not followed.</summary>
    ProcessesFull = 3,

    /// <summary>The kernel's map of listeners was full: accepted connections do not say who called listen().</summary>
    ListenersFull = 6,

    /// <summary>The kernel's map of connections was full: old connections made room for new ones, and their ends are missing.</summary>
    Evicted = 7,

    /// <summary>They were in a damaged part of a trace that was recovered.</summary>
    Damage = 8,

    /// <summary>They were in files that were deleted before somebody who followed the set had read them.</summary>
    Deleted = 9,
}

/// <summary>A loss, as data at its place among the events.</summary>
/// <param name="FromNs">Nothing was lost before this moment, in nanoseconds of boot time.</param>
/// <param name="ToNs">Nothing was lost after this moment, in nanoseconds of boot time.</param>
/// <param name="Source">Where it was lost.</param>
/// <param name="Count">How many since the last record of this source.</param>
/// <param name="Total">How many since the start of the recording.</param>
public readonly record struct LossRecord(long FromNs, long ToNs, LossSource Source, long Count, long Total);
