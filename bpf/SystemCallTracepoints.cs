using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// The three tracepoints that see accept() and connect() return. They are opened as perf events, by numbers that only tracefs
/// tells. In a container there is often no tracefs, or seccomp forbids perf events; then one program sees every system call
/// return. The tracepoints are opened once, because the kernel takes tens of milliseconds to close each. This
/// object owns each of them until it is taken.
/// </summary>
internal sealed class SystemCallTracepoints : IDisposable
{
    /// <summary>
    /// BPF_TRACE_MAX_PROGS: how many programs, of all recorders, can sit at one tracepoint that was opened as a perf event.
    /// </summary>
    public const int ProgramsAtOne = 64;

    /// <summary>The name of the facility.</summary>
    public static string Subject => Facilities.CallReturns.Name;

    /// <summary>Why a program cannot be attached to them, though they can be opened.</summary>
    public static readonly string LimitReached = $"{ProgramsAtOne} recorders hang at them, the kernel's limit (end one)";

    /// <summary>What is worse if every system call's return is watched instead.</summary>
    public const string CostOfWatchingAllCalls = "every system call's return is watched instead, which costs each a little";

    private static readonly Dictionary<string, string[]> s_byProgram = new(StringComparer.Ordinal)
    {
        ["accept_exit"] = ["syscalls/sys_exit_accept", "syscalls/sys_exit_accept4"],
        ["connect_exit"] = ["syscalls/sys_exit_connect"],
    };

    private readonly TraceFs _traceFs = new();
    private readonly Dictionary<string, SafeFileHandle> _opened = new(StringComparer.Ordinal);

    /// <summary>Opens them.</summary>
    public SystemCallTracepoints() => Obstacle = Open();

    /// <summary>Why they cannot all be opened, and what to do; null: they can.</summary>
    public string? Obstacle { get; }

    /// <summary>The tracepoints of a program; empty: it sits at another hook.</summary>
    public static IReadOnlyList<string> Of(ProbeProgram program) => s_byProgram.GetValueOrDefault(program.Role) ?? [];

    private string? Open()
    {
        foreach (string tracepoint in s_byProgram.Values.SelectMany(t => t))
        {
            int id = _traceFs.TracepointId(tracepoint);
            if (id == 0 && LibC.TryOpen(4, inAll: 0) != 0)
                return "no descriptor is left to look for them with (ulimit -n)";
            if (id == 0)
                return "no tracefs at /sys/kernel/tracing that may be read (mount it, or add CAP_SYS_ADMIN)";
            SafeFileHandle perfEvent = LibC.OpenTracepoint(id);
            if (perfEvent.IsInvalid)
                return RefusedCall.Of("perf_event_open()");
            _opened.Add(tracepoint, perfEvent);
        }
        return null;
    }

    /// <summary>Gives the caller a tracepoint, which it then owns. Invalid: the tracepoint cannot be opened.</summary>
    public SafeFileHandle Take(string tracepoint)
    {
        if (_opened.Remove(tracepoint, out SafeFileHandle? perfEvent))
            return perfEvent;
        int id = _traceFs.TracepointId(tracepoint);
        return id == 0 ? new SafeFileHandle(-1, ownsHandle: true) : LibC.OpenTracepoint(id);
    }

    /// <summary>What it means that they cannot be used, for the reason given.</summary>
    public static string WithoutThem(string why) => $"{why}: {CostOfWatchingAllCalls}";

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFileHandle perfEvent in _opened.Values)
            perfEvent.Dispose();
        _traceFs.Dispose();
    }
}
