using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>The kernel's clocks, in nanoseconds.</summary>
public static class KernelClock
{
    /// <summary>Since boot, with the time asleep: the clock of the events.</summary>
    public static long Boottime => LibC.Now(LibC.ClockBoottime);

    /// <summary>Since boot, without the time asleep.</summary>
    public static long Monotonic => LibC.Now(LibC.ClockMonotonic);

    /// <summary>Since 1970 UTC, as the machine believes.</summary>
    public static long Realtime => LibC.Now(LibC.ClockRealtime);
}
