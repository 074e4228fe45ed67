using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>What is said of a system call that failed for no reason of its own: which, and how.</summary>
internal static class RefusedCall
{
    public const int NotEnoughMemory = 12, TooManyOpenInSystem = 23, TooManyOpen = 24, NoSuchCall = 38;

    /// <summary>Of the last one.</summary>
    public static string Of(string call) => Of(call, Marshal.GetLastPInvokeError());

    /// <param name="call">Its name.</param>
    /// <param name="error">The errno.</param>
    public static string Of(string call, int error) => $"{call} is refused: {Marshal.GetPInvokeErrorMessage(error)} (let the seccomp filter or security module allow it)";
}
