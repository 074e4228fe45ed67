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

    private static readonly Dictionary<string, string> s_byProgram = new(StringComparer.Ordinal)
    {
        ["accept_exit"] = "syscalls/sys_exit_accept",
        ["accept4_exit"] = "syscalls/sys_exit_accept4",
        ["connect_exit"] = "syscalls/sys_exit_connect",
    };

    /// <summary>Of a program; null: it hangs elsewhere.</summary>
    public static string? Of(string program) => s_byProgram.GetValueOrDefault(program);

    /// <summary>Whether all of them can be attached to.</summary>
    public static bool CanBeOpened()
    {
        using var traceFs = new TraceFs();
        foreach (string tracepoint in s_byProgram.Values)
        {
            using SafeFileHandle perfEvent = Open(traceFs, tracepoint);
            if (perfEvent.IsInvalid)
                return false;
        }
        return true;
    }

    /// <summary>For a program to be attached to; invalid: it cannot be had.</summary>
    public static SafeFileHandle Open(TraceFs traceFs, string tracepoint)
    {
        int id = traceFs.TracepointId(tracepoint);
        return id == 0 ? new SafeFileHandle(-1, ownsHandle: true) : LibC.OpenTracepoint(id);
    }
}
