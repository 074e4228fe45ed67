using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// Why libbpf could not read the kernel's types, though the file is there. libbpf tries several files and keeps only the last
/// errno, so this tries each step again.
/// </summary>
internal static class UnreadableTypes
{
    private const int Copies = 4; // about as many as libbpf makes of the types
    private static ReadOnlySpan<byte> Magic => [0x9F, 0xEB];

    /// <summary>The reason, and what to do.</summary>
    /// <param name="path">The file that has the types.</param>
    /// <param name="error">The errno that libbpf left.</param>
    public static string Why(string path, int error)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            Span<byte> start = stackalloc byte[Magic.Length];
            if (RandomAccess.Read(file, start, 0) < start.Length || !start.SequenceEqual(Magic))
                return $"{path} cannot be read as BTF: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed";
            long length = LibC.LengthOf(file);
            if (length < 0)
                return $"{path} cannot be read: {RefusedCall.Of("lseek()")}";
            if (LibC.AskAccess(path) is > 0 and var denied)
                return $"{path} cannot be read: {RefusedCall.Of("faccessat2()", denied)}";
            return error == RefusedCall.NotEnoughMemory || !CanAllocate(Copies * length)
                ? $"there is not enough memory to read {path}: raise the limit (ulimit -v, that of the container)"
                : $"{path} cannot be read as BTF: {Marshal.GetPInvokeErrorMessage(error)}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read: {e.Message.TrimEnd('.')}";
        }
    }

    private static unsafe bool CanAllocate(long bytes)
    {
        try
        {
            NativeMemory.Free(NativeMemory.Alloc((nuint)bytes));
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }
}
