using TcpTracer.Formats.Filter;

namespace TcpTracer.Recorder.Targets;

/// <summary>How a flight recorder works.</summary>
/// <param name="Bytes">Keeps so many bytes; null: no such limit.</param>
/// <param name="Age">Keeps so much time; null: no such limit.</param>
/// <param name="DumpOn">An event that is among these has the memory written out; null: only the signal does.</param>
/// <param name="After">How much of what follows goes with it.</param>
public sealed record FlightRule(long? Bytes, TimeSpan? Age, EventFilter? DumpOn, TimeSpan After)
{
    /// <summary>At least so long from one such event to the next that counts. One in between is written out then.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Whether the end of the recording has the memory written out, too.</summary>
    public bool DumpOnExit { get; init; } = true;

    /// <summary>So many files in all, the oldest deleted first; null: all.</summary>
    public int? Keep { get; init; }
}
