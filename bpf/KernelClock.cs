using System.Globalization;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>The kernel's clocks in nanoseconds, as BPF programs read them. The shift of our own time namespace is taken out.</summary>
public static class KernelClock
{
    private static readonly (long Monotonic, long Boottime) s_shift = FindShift();

    /// <summary>Nanoseconds since boot, including sleep: the clock of the events.</summary>
    public static long Boottime => LibC.Now(LibC.ClockBoottime) - s_shift.Boottime;

    /// <summary>Nanoseconds since boot, without sleep.</summary>
    public static long Monotonic => LibC.Now(LibC.ClockMonotonic) - s_shift.Monotonic;

    /// <summary>Nanoseconds since 1970 UTC, by the machine's clock.</summary>
    public static long Realtime => LibC.Now(LibC.ClockRealtime);

    private static (long Monotonic, long Boottime) FindShift()
    {
        try
        {
            // The file is about the namespace of our children. It is our own, unless we are in the first namespace and only they are not
            return KernelSupport.HasMachinesClocks() ? default : ParseShift(File.ReadAllLines("/proc/self/timens_offsets"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default; // no time namespaces before 5.6
        }
    }

    /// <summary>Each line has a clock's name, seconds and nanoseconds.</summary>
    internal static (long Monotonic, long Boottime) ParseShift(IEnumerable<string> lines)
    {
        long monotonic = 0, boottime = 0;
        foreach (string[] words in lines.Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length == 3))
        {
            long seconds = long.Parse(words[1], CultureInfo.InvariantCulture);
            long nanoseconds = long.Parse(words[2], CultureInfo.InvariantCulture);
            long shift = seconds * 1_000_000_000 + nanoseconds;
            if (words[0] is "monotonic" or "1")
                monotonic = shift;
            else if (words[0] is "boottime" or "7")
                boottime = shift;
        }
        return (monotonic, boottime);
    }
}
