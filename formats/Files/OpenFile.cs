using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Files;

/// <summary>
/// Descriptors as the kernel makes them. .NET would wait for the other end of a FIFO, follow a link that another user put there, and take
/// locks of its own, which keep readers from a file that is being written.
/// </summary>
internal static class OpenFile
{
    private const int WriteOnly = 1, ReadWrite = 2, Create = 0x40, OnlyNew = 0x80, NonBlocking = 0x800, CloseOnExec = 0x80000, ExclusiveLock = 2, DoNotWait = 4, Append = 0x400;
    private const int ErrnoAgain = 11;

    // A trace tells who talks to whom
    private const uint OnlyOwner = 0b110_000_000;

    private static int NoFollow => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>A new file that nobody else has; invalid where there is one, or none can be.</summary>
    public static SafeFileHandle New(string path) => Open(path, WriteOnly | Create | OnlyNew);

    /// <summary>A file that is there, to see whether it is locked.</summary>
    public static SafeFileHandle Existing(string path)
    {
        SafeFileHandle file = Open(path, ReadWrite | NoFollow | NonBlocking); // over NFS a lock needs the right to write
        if (!file.IsInvalid)
            return file;
        file.Dispose();
        return Open(path, NoFollow | NonBlocking);
    }

    /// <summary>A file that is there, to be read; a FIFO is not waited for.</summary>
    public static SafeFileHandle ToRead(string path) => Open(path, NonBlocking);

    /// <summary>The same, but a FIFO is waited for.</summary>
    public static SafeFileHandle ToReadWaiting(string path) => Open(path, 0);

    /// <summary>Whether somebody has it locked.</summary>
    public static bool IsLocked(string path)
    {
        using SafeFileHandle file = Existing(path);
        return !file.IsInvalid && !TryLock(file); // given back at once
    }

    /// <summary>A pipe, or a file that has no name any more: waits for whoever reads.</summary>
    public static SafeFileHandle Stream(string path) => Open(path, WriteOnly | Append);

    /// <summary>Takes the exclusive lock, if nobody has it. Where a file system knows no locks, everybody has.</summary>
    public static bool TryLock(SafeFileHandle file) => flock((int)file.DangerousGetHandle(), ExclusiveLock | DoNotWait) == 0 || Marshal.GetLastPInvokeError() != ErrnoAgain;

    private static SafeFileHandle Open(string path, int flags) => new(open(FileNames.ToNative(path), flags | CloseOnExec, OnlyOwner), ownsHandle: true);

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte[] path, int flags, uint mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int flock(int file, int operation);
}
