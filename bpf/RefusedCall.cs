using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>A system call that can fail only because something on this machine forbids it: what is said then.</summary>
internal static class RefusedCall
{
    /// <summary>An errno.</summary>
    public const int NotEnoughMemory = 12, TooManyOpenInSystem = 23, TooManyOpen = 24, NoSuchCall = 38;

    /// <summary>For the last system call.</summary>
    public static string Of(string call) => Of(call, Marshal.GetLastPInvokeError());

    /// <summary>For a system call.</summary>
    /// <param name="call">Its name.</param>
    /// <param name="error">The errno.</param>
    public static string Of(string call, int error) =>
        $"{call} is refused: {Marshal.GetPInvokeErrorMessage(error)} (let the seccomp filter or security module allow it)";
}
