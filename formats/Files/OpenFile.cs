using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Files;

/// <summary>
/// Opens and locks files by system calls. .NET's own calls would wait for the other end of a FIFO and follow a link that another user made.
/// They would also take locks of their own, which keep readers away from a file that is being written.
/// </summary>
internal static class OpenFile
{
    private const int WriteOnly = 1, ReadWrite = 2, Create = 0x40, OnlyNew = 0x80, Append = 0x400, NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000, ExclusiveLock = 2, DoNotWait = 4, Release = 8;
    private const int ErrnoAgain = 11;

    private const uint OnlyOwner = 0b110_000_000; // a trace tells who talks to whom

    private static int NoFollow => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Creates a file for writing; invalid if the name is taken or the kernel refuses.</summary>
    public static SafeFileHandle New(string path) => Open(path, WriteOnly | Create | OnlyNew);

    /// <summary>Opens an existing file to take its lock. It follows no link and waits for nobody; invalid if that fails.</summary>
    public static SafeFileHandle Existing(string path)
    {
        SafeFileHandle file = Open(path, ReadWrite | NoFollow | NonBlocking); // on NFS an exclusive lock needs a file open for writing
        if (!file.IsInvalid)
            return file;
        file.Dispose();
        return Open(path, NoFollow | NonBlocking);
    }

    /// <summary>Opens an existing file for reading, without waiting for the other end of a FIFO.</summary>
    public static SafeFileHandle ToRead(string path) => Open(path, NonBlocking);

    /// <summary>Opens an existing file for reading, and waits for the other end of a FIFO.</summary>
    public static SafeFileHandle ToReadWaiting(string path) => Open(path, 0);

    /// <summary>Whether somebody holds the lock of a file.</summary>
    public static bool IsLocked(string path)
    {
        using SafeFileHandle file = Existing(path);
        return !file.IsInvalid && IsLocked(file);
    }

    /// <summary>The same for an open file, which may have no name any more.</summary>
    public static bool IsLocked(SafeFileHandle file)
    {
        bool isFree = TryLock(file);
        if (isFree)
            Unlock(file);
        return !isFree;
    }

    /// <summary>
    /// Releases the lock before a file is closed. Closing alone does not, while a process that was forked meanwhile still has the file: it
    /// closes its own copy only when it becomes another program.
    /// </summary>
    public static void Unlock(SafeFileHandle file)
    {
        if (!file.IsInvalid && !file.IsClosed)
            _ = flock((int)file.DangerousGetHandle(), Release);
    }

    /// <summary>Opens a pipe, or a file that has no name any more, for appending. It waits until somebody reads the pipe.</summary>
    public static SafeFileHandle Stream(string path) => Open(path, WriteOnly | Append);

    /// <summary>Takes the exclusive lock if nobody else holds it. On a file system without locks it succeeds.</summary>
    public static bool TryLock(SafeFileHandle file) =>
        flock((int)file.DangerousGetHandle(), ExclusiveLock | DoNotWait) == 0 || Marshal.GetLastPInvokeError() != ErrnoAgain;

    private static SafeFileHandle Open(string path, int flags) =>
        new(open(FileNames.ToNative(path), flags | CloseOnExec, OnlyOwner), ownsHandle: true);

    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte[] path, int flags, uint mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int flock(int file, int operation);
}
