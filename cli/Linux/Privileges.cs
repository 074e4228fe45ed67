using System.Globalization;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// Once its probes are attached, a recorder needs hardly any privilege. It gives up all others for good, in every thread. Then somebody who
/// takes it over, by data that it reads, gains little.
/// </summary>
internal sealed unsafe partial class Privileges
{
    private const int DacOverride = 1, Kill = 5, SysPtrace = 19, SysAdmin = 21, Bpf = 39;
    private const int CapabilityVersion = 0x20080522;
    private const int LongestWaitMilliseconds = 200;

    /// <summary>Since this version, a process that has a map or program open may use it. Before, that needs CAP_BPF.</summary>
    private static readonly Version s_heldIsEnough = new(5, 19);

    /// <summary>Whether signals are passed on to a command, which may run as another user.</summary>
    public bool PassesSignals { get; init; }

    /// <summary>Files and sockets that are opened again during the recording.</summary>
    public required IEnumerable<ReopenedFile> Reopened { get; init; }

    private const string OwnThreads = "/proc/self/task";

    /// <summary>
    /// Gives up every privilege that is not needed, in all threads. Startup/privileges.c reaches the threads of the runtime by a signal. If
    /// /proc is not mounted, the threads cannot be listed, and nothing is given up.
    /// </summary>
    public void GiveUpOthers()
    {
        if (!Directory.Exists(OwnThreads) || Capabilities.Read() is not { } own)
            return;
        ulong kept = own.Permitted & Needed(own);
        int signal = LibC.tcptracer_keep_privileges(kept);
        HashSet<string> done = [];
        long started = Environment.TickCount64;
        // A thread that still has privileges may start another one, so look again until there is none
        while (Environment.TickCount64 - started < LongestWaitMilliseconds)
        {
            string[] left = [.. Threads().Where(t => !done.Contains(t))];
            if (left.Length == 0)
                break;
            foreach (string thread in left)
            {
                int number = int.Parse(thread, CultureInfo.InvariantCulture);
                if (LibC.tgkill(Environment.ProcessId, number, signal) != 0 || HasOnly(thread, kept))
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

    /// <summary>Whether the files can be opened without privileges: tried in this thread.</summary>
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

    /// <summary>Whether /proc is mounted with hidepid=. Then only a process with CAP_SYS_PTRACE sees processes of other users.</summary>
    private static bool HidesProcesses() => File.ReadLines("/proc/self/mounts").Any(IsHidingProc);

    private static bool IsHidingProc(string mount) =>
        mount.Split(' ') is [_, "/proc", "proc", var options, ..] && options.Contains("hidepid=", StringComparison.Ordinal);

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

    /// <summary>The capabilities of the current thread, one bit each.</summary>
    private readonly record struct Capabilities(ulong Effective, ulong Permitted, ulong Inheritable)
    {
        public bool Has(int capability) => (Permitted >> capability & 1) != 0;

        public static Capabilities? Read()
        {
            uint* header = stackalloc uint[2] { CapabilityVersion, 0 };
            uint* sets = stackalloc uint[6];
            if (LibC.capget(header, sets) != 0)
                return null;
            return new Capabilities(Both(sets[0], sets[3]), Both(sets[1], sets[4]), Both(sets[2], sets[5]));
        }

        private static ulong Both(uint low, uint high) => low | (ulong)high << 32;

        public void Apply()
        {
            uint* header = stackalloc uint[2] { CapabilityVersion, 0 };
            uint* sets = stackalloc uint[6]
            {
                (uint)Effective, (uint)Permitted, (uint)Inheritable,
                (uint)(Effective >> 32), (uint)(Permitted >> 32), (uint)(Inheritable >> 32),
            };
            _ = LibC.capset(header, sets);
        }
    }
}
