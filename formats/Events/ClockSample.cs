namespace TcpTracer.Formats.Events;

/// <summary>Several clocks, read together. Events have boot time; their wall time follows from the last sample before them.</summary>
/// <param name="BootNs">CLOCK_BOOTTIME, in nanoseconds.</param>
/// <param name="WallNs">CLOCK_REALTIME, in nanoseconds since 1970.</param>
/// <param name="MonotonicNs">CLOCK_MONOTONIC, in nanoseconds.</param>
/// <param name="UncertaintyNs">At most so many nanoseconds passed between the readings.</param>
/// <param name="Cause">Why it was taken.</param>
public readonly record struct ClockSample(long BootNs, long WallNs, long MonotonicNs, long UncertaintyNs, ClockCause Cause)
{
    /// <summary>The wall time of a moment, in nanoseconds since 1970.</summary>
    /// <param name="bootNs">The moment, in nanoseconds of boot time.</param>
    public long ToWall(long bootNs) => WallNs + (bootNs - BootNs);
}

/// <summary>Why a clock sample was taken. Trace files use these numbers: never change one.</summary>
public enum ClockCause : byte
{
    /// <summary>The recording began.</summary>
    Start = 0,

    /// <summary>Samples are taken now and then.</summary>
    Periodic = 1,

    /// <summary>The wall clock was set.</summary>
    Step = 2,

    /// <summary>The recording ended.</summary>
    End = 3,
}
