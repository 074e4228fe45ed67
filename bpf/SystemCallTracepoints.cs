using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// The three tracepoints that see accept() and connect() return. They have numbers, which only tracefs tells, and are opened as perf events: in a
/// container there often is no tracefs, or seccomp forbids it. Then one program watches every system call return. They are opened once: the kernel
/// takes tens of milliseconds to close each.
/// </summary>
internal sealed class SystemCallTracepoints : IDisposable
{
    /// <summary>BPF_TRACE_MAX_PROGS: so many programs of all recorders hang at one tracepoint that was opened as a perf event.</summary>
    public const int ProgramsAtOne = 64;

    /// <summary>What they are called among the things that recording can use.</summary>
    public static string Subject => Facilities.CallReturns.Name;

    /// <summary>Why they cannot be used, though they can be opened.</summary>
    public static readonly string Full = $"{ProgramsAtOne} recorders hang at them, the kernel's limit (end one)";

    /// <summary>What is worse where every system call's return is watched instead.</summary>
    public const string Cost = "every system call's return is watched instead, which costs each a little";

    private static readonly Dictionary<string, string[]> s_byProgram = new(StringComparer.Ordinal)
    {
        ["accept_exit"] = ["syscalls/sys_exit_accept", "syscalls/sys_exit_accept4"],
        ["connect_exit"] = ["syscalls/sys_exit_connect"],
    };

    private readonly TraceFs _traceFs = new();
    private readonly Dictionary<string, SafeFileHandle> _opened = new(StringComparer.Ordinal);

    public SystemCallTracepoints() => Obstacle = Open();

    /// <summary>Why not all of them can be opened, and what to do; null: they can.</summary>
    public string? Obstacle { get; }

    /// <summary>Those of a program; empty: it hangs elsewhere.</summary>
    public static IReadOnlyList<string> Of(string program) => s_byProgram.GetValueOrDefault(ProgramSet.Plain(program)) ?? [];

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
                return $"perf_event_open() is refused: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())} (let the seccomp filter or security module allow it)";
            _opened.Add(tracepoint, perfEvent);
        }
        return null;
    }

    /// <summary>For a program to be attached to, and the caller's from now on; invalid: it cannot be had.</summary>
    public SafeFileHandle Take(string tracepoint)
    {
        if (_opened.Remove(tracepoint, out SafeFileHandle? perfEvent))
            return perfEvent;
        int id = _traceFs.TracepointId(tracepoint);
        return id == 0 ? new SafeFileHandle(-1, ownsHandle: true) : LibC.OpenTracepoint(id);
    }

    /// <summary>What it means that they cannot be used.</summary>
    public static string WithoutThem(string why) => $"{why}: {Cost}";

    public void Dispose()
    {
        foreach (SafeFileHandle perfEvent in _opened.Values)
            perfEvent.Dispose();
        _traceFs.Dispose();
    }
}
