using TcpTracer.Bpf;
using TcpTracer.Formats.Events;

namespace TcpTracer.Recorder.Machine;

/// <summary>
/// Relates boot time to wall time. A sample is used until it is ten seconds old or the wall clock was set. The samples are
/// recorded, so that replay computes the same wall times. All times are nanoseconds.
/// </summary>
internal sealed class BootClock
{
    private const long PeriodNs = 10_000_000_000, StepNs = 1_000_000;

    /// <summary>The sample in use.</summary>
    public ClockSample Current { get; private set; } = Sample(ClockCause.Start);

    /// <summary>Boot time now, in nanoseconds.</summary>
    public static long Now => KernelClock.Boottime;

    /// <summary>Takes a new sample if one is due.</summary>
    /// <returns>Whether it did.</returns>
    public bool Refresh()
    {
        ClockSample now = Sample(ClockCause.Periodic);
        bool stepped = Math.Abs(Current.ToWall(now.BootNs) - now.WallNs) > StepNs + now.UncertaintyNs;
        if (!stepped && now.BootNs - Current.BootNs < PeriodNs)
            return false;
        Current = stepped ? now with { Cause = ClockCause.Step } : now;
        return true;
    }

    /// <summary>Reads the clocks at about the same moment. It does so a few times, and the quickest reading counts.</summary>
    public static ClockSample Sample(ClockCause cause)
    {
        const int tries = 3;
        var best = new ClockSample(0, 0, 0, long.MaxValue, cause);
        for (int i = 0; i < tries; i++)
        {
            long before = KernelClock.Boottime;
            long wall = KernelClock.Realtime;
            long monotonic = KernelClock.Monotonic;
            long after = KernelClock.Boottime;
            if (after - before < best.UncertaintyNs)
                best = new ClockSample(before + (after - before) / 2, wall, monotonic, after - before, cause);
        }
        return best;
    }
}
