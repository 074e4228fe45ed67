using System.Globalization;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>The kernel's clocks, in nanoseconds, as its programs read them: a time namespace of ours shifts what we are told.</summary>
public static class KernelClock
{
    private static readonly (long Monotonic, long Boottime) s_shift = FindShift();

    /// <summary>Since boot, with the time asleep: the clock of the events.</summary>
    public static long Boottime => LibC.Now(LibC.ClockBoottime) - s_shift.Boottime;

    /// <summary>Since boot, without the time asleep.</summary>
    public static long Monotonic => LibC.Now(LibC.ClockMonotonic) - s_shift.Monotonic;

    /// <summary>Since 1970 UTC, as the machine believes.</summary>
    public static long Realtime => LibC.Now(LibC.ClockRealtime);

    private static (long Monotonic, long Boottime) FindShift()
    {
        try
        {
            // That file is about children: in our own namespace they are where we are, unless we are in the first one and only they are not
            return KernelSupport.HasMachinesClocks() ? default : ParseShift(File.ReadAllLines("/proc/self/timens_offsets"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default; // no time namespaces before 5.6
        }
    }

    /// <summary>Lines of a clock's name, seconds and nanoseconds.</summary>
    internal static (long Monotonic, long Boottime) ParseShift(IEnumerable<string> lines)
    {
        long monotonic = 0, boottime = 0;
        foreach (string[] words in lines.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length == 3))
        {
            long shift = long.Parse(words[1], CultureInfo.InvariantCulture) * 1_000_000_000 + long.Parse(words[2], CultureInfo.InvariantCulture);
            if (words[0] is "monotonic" or "1")
                monotonic = shift;
            else if (words[0] is "boottime" or "7")
                boottime = shift;
        }
        return (monotonic, boottime);
    }
}
