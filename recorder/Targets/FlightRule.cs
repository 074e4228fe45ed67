using TcpTracer.Formats.Filter;

namespace TcpTracer.Recorder.Targets;

/// <summary>How a flight recorder works.</summary>
/// <param name="Bytes">Keep at most so many bytes; null: no such limit.</param>
/// <param name="Age">Keep no event that is older; null: no such limit.</param>
/// <param name="DumpOn">An event that this selects makes it write a file; null: only the signal does.</param>
/// <param name="After">How long the file also gets the events that follow.</param>
public sealed record FlightRule(long? Bytes, TimeSpan? Age, EventFilter? DumpOn, TimeSpan After)
{
    /// <summary>
    /// The least time between two files that such events cause. An event that comes earlier causes its file when this time is
    /// over.
    /// </summary>
    public TimeSpan Pause { get; init; }

    /// <summary>Whether it writes a file at the end of the recording, too.</summary>
    public bool DumpOnExit { get; init; } = true;

    /// <summary>Keep so many files; the oldest is deleted first. Null: keep all.</summary>
    public int? Keep { get; init; }
}
