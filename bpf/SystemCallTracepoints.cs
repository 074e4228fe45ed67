using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// The three tracepoints that see accept() and connect() return. They have numbers, which only tracefs tells, and are opened as perf events: in a
/// container there often is no tracefs, or seccomp forbids it. Then one program watches every system call return.
/// </summary>
internal static class SystemCallTracepoints
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

    /// <summary>Those of a program; empty: it hangs elsewhere.</summary>
    public static IReadOnlyList<string> Of(string program) =>
        s_byProgram.GetValueOrDefault(program.Replace("_typed", "", StringComparison.Ordinal).Replace("_legacy", "", StringComparison.Ordinal)) ?? [];

    /// <summary>Why not all of them can be opened, and what to do; null: they can.</summary>
    public static string? Obstacle()
    {
        using var traceFs = new TraceFs();
        foreach (string tracepoint in s_byProgram.Values.SelectMany(t => t))
        {
            if (traceFs.TracepointId(tracepoint) == 0)
                return "no tracefs at /sys/kernel/tracing that may be read (mount it, or add CAP_SYS_ADMIN)";
            using SafeFileHandle perfEvent = Open(traceFs, tracepoint);
            if (perfEvent.IsInvalid)
                return $"perf_event_open() is refused: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())} (let the seccomp filter or security module allow it)";
        }
        return null;
    }

    /// <summary>What it means that they cannot be used.</summary>
    public static string WithoutThem(string why) => $"{why}: {Cost}";

    /// <summary>For a program to be attached to; invalid: it cannot be had.</summary>
    public static SafeFileHandle Open(TraceFs traceFs, string tracepoint)
    {
        int id = traceFs.TracepointId(tracepoint);
        return id == 0 ? new SafeFileHandle(-1, ownsHandle: true) : LibC.OpenTracepoint(id);
    }
}
