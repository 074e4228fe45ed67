using System.Globalization;
using System.Runtime.InteropServices;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// Once its probes are attached, a recorder needs hardly any privilege. It gives up all others, for good and in every thread, so that whoever takes it over
/// by what it reads gains little.
/// </summary>
internal sealed unsafe partial class Privileges
{
    private const int DacOverride = 1, Kill = 5, SysPtrace = 19, SysAdmin = 21, Bpf = 39;
    private const int CapabilityVersion = 0x20080522;
    private const int LongestWaitMilliseconds = 200;

    /// <summary>From here on whoever holds a map or a program may use it; before, only with CAP_BPF.</summary>
    private static readonly Version s_heldIsEnough = new(5, 19);

    /// <summary>Whether signals are passed on to a command, which may run as somebody else, or become somebody else.</summary>
    public bool PassesSignals { get; init; }

    /// <summary>Files and sockets that are opened again while it records.</summary>
    public required IEnumerable<ReopenedFile> Reopened { get; init; }

    private const string OwnThreads = "/proc/self/task";

    /// <summary>
    /// The rest is given up. What reaches the runtime's own threads is native (Native/privileges.c). Where /proc is not mounted nothing lists the threads, and
    /// nothing is given up.
    /// </summary>
    public void GiveUpOthers()
    {
        if (!Directory.Exists(OwnThreads) || Capabilities.Read() is not { } own)
            return;
        ulong kept = own.Permitted & Needed(own);
        int signal = LibC.tcptracer_keep_privileges(kept);
        HashSet<string> done = [];
        long started = Environment.TickCount64;
        // A thread that has not been reached may start another one: until a look finds none
        while (Environment.TickCount64 - started < LongestWaitMilliseconds && Threads().Where(t => !done.Contains(t)).ToArray() is { Length: > 0 } left)
        {
            foreach (string thread in left)
            {
                if (LibC.tgkill(Environment.ProcessId, int.Parse(thread, CultureInfo.InvariantCulture), signal) != 0 || HasOnly(thread, kept))
                    done.Add(thread);
            }
        }
    }

    private ulong Needed(Capabilities own)
    {
        ulong needed = 0;
        if (PassesSignals)
            needed |= 1UL << Kill;
        if (Environment.OSVersion.Version < s_heldIsEnough)
            needed |= own.Has(Bpf) ? 1UL << Bpf : 1UL << SysAdmin;
        if (HidesProcesses())
            needed |= 1UL << SysPtrace;
        if (own.Has(DacOverride) && !MayOpenWithout(own))
            needed |= 1UL << DacOverride;
        return needed;
    }

    /// <summary>Tried, in this thread, without any.</summary>
    private bool MayOpenWithout(Capabilities own)
    {
        const int currentDirectory = -100, asEffectiveUser = 0x200, read = 4, write = 2;
        (own with { Effective = 0 }).Apply();
        try
        {
            return Reopened.All(f => LibC.faccessat(currentDirectory, f.Path, f.IsWritten ? write : read, asEffectiveUser) == 0);
        }
        finally
        {
            own.Apply();
        }
    }

    /// <summary>/proc may show other users' processes only to who may trace them.</summary>
    private static bool HidesProcesses() => File.ReadLines("/proc/self/mounts").Any(l => l.Split(' ') is [_, "/proc", "proc", var options, ..] && options.Contains("hidepid=", StringComparison.Ordinal));

    private static IEnumerable<string> Threads() => Directory.EnumerateDirectories(OwnThreads).Select(d => Path.GetFileName(d));

    private static bool HasOnly(string thread, ulong kept)
    {
        try
        {
            string[] lines = File.ReadAllLines($"{OwnThreads}/{thread}/status");
            return lines.Contains("NoNewPrivs:\t1") && lines.Contains(string.Create(CultureInfo.InvariantCulture, $"CapPrm:\t{kept:x16}"));
        }
        catch (IOException)
        {
            return true; // it has ended
        }
    }

    /// <summary>Those of the current thread, bit per capability.</summary>
    private readonly record struct Capabilities(ulong Effective, ulong Permitted, ulong Inheritable)
    {
        public bool Has(int capability) => (Permitted >> capability & 1) != 0;

        public static Capabilities? Read()
        {
            uint* header = stackalloc uint[2] { CapabilityVersion, 0 };
            uint* sets = stackalloc uint[6];
            return LibC.capget(header, sets) != 0 ? null : new Capabilities(sets[0] | (ulong)sets[3] << 32, sets[1] | (ulong)sets[4] << 32, sets[2] | (ulong)sets[5] << 32);
        }

        public void Apply()
        {
            uint* header = stackalloc uint[2] { CapabilityVersion, 0 };
            uint* sets = stackalloc uint[6]
            {
                (uint)Effective, (uint)Permitted, (uint)Inheritable, (uint)(Effective >> 32), (uint)(Permitted >> 32), (uint)(Inheritable >> 32),
            };
            _ = LibC.capset(header, sets);
        }
    }
}
