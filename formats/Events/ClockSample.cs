namespace TcpTracer.Formats.Events;

/// <summary>The clocks, read together. Events carry boot time; wall time is derived from the last sample before them.</summary>
/// <param name="BootNs">CLOCK_BOOTTIME.</param>
/// <param name="WallNs">CLOCK_REALTIME.</param>
/// <param name="MonotonicNs">CLOCK_MONOTONIC.</param>
/// <param name="UncertaintyNs">How far apart the readings may be.</param>
/// <param name="Cause">Why it was taken.</param>
public readonly record struct ClockSample(long BootNs, long WallNs, long MonotonicNs, long UncertaintyNs, ClockCause Cause)
{
    /// <summary>Wall time of a moment in boot time.</summary>
    public long ToWall(long bootNs) => WallNs + (bootNs - BootNs);
}

/// <summary>Why a clock sample was taken. The numbers are those of trace files.</summary>
public enum ClockCause : byte
{
    /// <summary>At the start.</summary>
    Start = 0,

    /// <summary>From time to time.</summary>
    Periodic = 1,

    /// <summary>The wall clock was set.</summary>
    Step = 2,

    /// <summary>At the end.</summary>
    End = 3,
}
