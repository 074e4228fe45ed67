using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Bpf.Interop;

/// <summary>
/// System calls that .NET does not offer. Calls since Linux 5.1 have the same number on every architecture, earlier ones have not.
/// </summary>
internal static unsafe partial class LibC
{
    private static readonly bool s_isArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    private static long SysCapget => s_isArm64 ? 90 : 125;
    private static long SysOpenAt => s_isArm64 ? 56 : 257;
    private static long SysPerfEventOpen => s_isArm64 ? 241 : 298;
    private static long SysBpf => s_isArm64 ? 280 : 321;
    private const long SysFsopen = 430, SysFsconfig = 431, SysFsmount = 432, SysFaccessAt2 = 439;
    private const int CloseOnExec = 1 << 19; // O_CLOEXEC

    [LibraryImport("libc", SetLastError = true)] private static partial long syscall(long number, nint a, nint b, nint c, nint d, nint e);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint read(int fd, byte* buffer, nuint size);
    [LibraryImport("libc")] internal static partial uint geteuid();
    [LibraryImport("libc")] private static partial int clock_gettime(int clock, long* time);

    internal const int ClockRealtime = 0, ClockMonotonic = 1, ClockBoottime = 7;

    /// <summary>The time of a clock in nanoseconds.</summary>
    internal static long Now(int clock)
    {
        long* time = stackalloc long[2];
        _ = clock_gettime(clock, time);
        return time[0] * 1_000_000_000 + time[1];
    }

    /// <summary>
    /// Mounts tracefs without attaching it anywhere. The caller owns the mount. Invalid: it is not allowed (CAP_SYS_ADMIN).
    /// </summary>
    internal static SafeFileHandle MountDetachedTraceFs()
    {
        const int closeOnExec = 1, configCreate = 6;
        fixed (byte* name = "tracefs\0"u8)
        {
            using SafeFileHandle context = Owned(syscall(SysFsopen, (nint)name, closeOnExec, 0, 0, 0));
            if (context.IsInvalid || syscall(SysFsconfig, context.DangerousGetHandle(), configCreate, 0, 0, 0) != 0)
                return Owned(-1);
            return Owned(syscall(SysFsmount, context.DangerousGetHandle(), closeOnExec, 0, 0, 0));
        }
    }

    private static SafeFileHandle Owned(long descriptor) => new((nint)descriptor, ownsHandle: true);

    /// <summary>Opens a file for reading. The caller owns it. Invalid: it cannot be opened.</summary>
    internal static SafeFileHandle OpenAt(SafeFileHandle directory, string path)
    {
        nint utf8 = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            return Owned(syscall(SysOpenAt, directory.DangerousGetHandle(), utf8, CloseOnExec, 0, 0));
        }
        finally
        {
            Marshal.FreeCoTaskMem(utf8);
        }
    }

    /// <summary>
    /// Opens a tracepoint, so that a program can be attached to it. The caller owns it. Invalid: see errno. The event names one
    /// processor, but the program then runs on all.
    /// </summary>
    internal static SafeFileHandle OpenTracepoint(int id)
    {
        const int typeTracepoint = 2, attributeSize = 64, closeOnExec = 8;
        byte* attributes = stackalloc byte[attributeSize];
        new Span<byte>(attributes, attributeSize).Clear();
        *(int*)attributes = typeTracepoint;
        *(int*)(attributes + 4) = attributeSize;
        *(long*)(attributes + 8) = id;
        *(long*)(attributes + 16) = 1; // sample_period
        return Owned(syscall(SysPerfEventOpen, (nint)attributes, -1, 0, -1, closeOnExec));
    }

    [LibraryImport("libc", SetLastError = true)] internal static partial int eventfd(uint initial, int flags);
    [LibraryImport("libc", SetLastError = true)] internal static partial nint write(int fd, void* buffer, nuint size);
    [LibraryImport("libc")] private static partial int poll(PollEntry* entries, nuint count, int timeoutMilliseconds);
    [LibraryImport("libc")] internal static partial int vsnprintf(byte* buffer, nuint size, byte* format, nint arguments);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nuint size, int protection, int flags, int fd, nint offset);
    [LibraryImport("libc")] private static partial int close(int fd);
    [LibraryImport("libc")] private static partial int prctl(int option, nint a, nint b, nint c, nint d);
    [LibraryImport("libc", SetLastError = true)] private static partial int uname(byte* names);
    [LibraryImport("libc", SetLastError = true)] private static partial long lseek(int fd, long offset, int from);
    [LibraryImport("libc")] private static partial int getrlimit(int resource, long* limit);
    [LibraryImport("libc")] private static partial int setrlimit(int resource, long* limit);
    [LibraryImport("libc")] internal static partial int munmap(nint address, nuint size);
    [LibraryImport("libc")] internal static partial int malloc_trim(nuint keep);
    [LibraryImport("libc")] internal static partial byte* malloc(nuint size);
    [LibraryImport("libc")] internal static partial void free(byte* memory);

    /// <summary>Maps what is behind a descriptor for reading and writing. The caller unmaps it. 0: it cannot be mapped.</summary>
    internal static nint MapShared(int fd, int bytes)
    {
        const int readWrite = 3, shared = 1;
        nint address = mmap(0, (nuint)bytes, readWrite, shared, fd, 0);
        return address == -1 ? 0 : address;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry(int fd)
    {
        public int Fd = fd;
        public short Events = 1; // POLLIN
        public short Returned;
    }

    /// <summary>Sleeps until one of two descriptors can be read (-1: there is none), or the time is up.</summary>
    internal static void WaitReadable(int first, int second, int timeoutMilliseconds)
    {
        PollEntry* entries = stackalloc PollEntry[2] { new(first), new(second) };
        _ = poll(entries, 2, timeoutMilliseconds);
    }

    /// <summary>
    /// Can this process open more descriptors? It opens so many for a try, and closes them. <paramref name="inAll"/> is compared
    /// with the limit: as a recording begins, more are open than now.
    /// </summary>
    /// <returns>0: it can. Otherwise the errno.</returns>
    internal static int TryOpen(int count, int inAll)
    {
        const int openFiles = 7;
        long* limit = stackalloc long[2];
        if (getrlimit(openFiles, limit) == 0 && (ulong)limit[0] < (ulong)inAll)
            return RefusedCall.TooManyOpen;
        int* opened = stackalloc int[count];
        int done = 0;
        while (done < count && (opened[done] = eventfd(0, CloseOnExec)) >= 0)
            done++;
        int error = done == count ? 0 : Marshal.GetLastPInvokeError();
        for (int i = 0; i < done; i++)
            _ = close(opened[i]);
        return error;
    }

    /// <summary>
    /// Calls bpf() with an invalid request. 0: the kernel rejects the request as invalid, so bpf() is allowed. Otherwise the
    /// errno.
    /// </summary>
    internal static int AskBpf()
    {
        const int mapCreate = 0, attributeSize = 32, invalid = 22;
        byte* attributes = stackalloc byte[attributeSize];
        new Span<byte>(attributes, attributeSize).Clear(); // no type, no size
        _ = syscall(SysBpf, mapCreate, (nint)attributes, attributeSize, 0, 0);
        int error = Marshal.GetLastPInvokeError();
        return error == invalid ? 0 : error;
    }

    /// <summary>Whether a seccomp filter checks the system calls of this process.</summary>
    internal static bool IsFiltered()
    {
        const int getSeccomp = 21, filter = 2;
        return prctl(getSeccomp, 0, 0, 0, 0) == filter;
    }

    /// <summary>Lifts the limit of locked memory as far as this process may.</summary>
    /// <returns>The limit in bytes; -1: there is none.</returns>
    internal static long RaiseLockedMemory()
    {
        const int lockedMemory = 8;
        long* limit = stackalloc long[2] { -1, -1 };
        if (setrlimit(lockedMemory, limit) == 0)
            return -1;
        _ = getrlimit(lockedMemory, limit);
        limit[0] = limit[1];
        _ = setrlimit(lockedMemory, limit);
        return limit[0];
    }

    /// <summary>The length of a file in bytes, by lseek() to its end; -1: see errno.</summary>
    internal static long LengthOf(SafeFileHandle file)
    {
        const int end = 2;
        return lseek((int)file.DangerousGetHandle(), 0, end);
    }

    /// <summary>
    /// Whether a file exists, by faccessat2(). 0: it does, or the kernel does not have that call (before 5.8). Otherwise the
    /// errno.
    /// </summary>
    internal static int AskAccess(string path)
    {
        const int currentDirectory = -100, exists = 0, asEffectiveUser = 0x200;
        nint utf8 = Marshal.StringToCoTaskMemUTF8(path);
        long result = syscall(SysFaccessAt2, currentDirectory, utf8, exists, asEffectiveUser, 0);
        int error = Marshal.GetLastPInvokeError();
        Marshal.FreeCoTaskMem(utf8);
        return result == 0 || error == RefusedCall.NoSuchCall ? 0 : error;
    }

    /// <summary>The release, as <c>uname -r</c> prints it; empty: uname() is refused.</summary>
    internal static string KernelRelease()
    {
        const int fieldSize = 65, releaseOffset = 2 * fieldSize;
        byte* names = stackalloc byte[6 * fieldSize];
        return uname(names) == 0 ? Marshal.PtrToStringUTF8((nint)(names + releaseOffset))! : "";
    }

    /// <summary>The effective capabilities of this process, one bit for each; null: capget() is refused.</summary>
    internal static ulong? EffectiveCapabilities()
    {
        uint* header = stackalloc uint[2] { 0x20080522, 0 };
        uint* data = stackalloc uint[6];
        return syscall(SysCapget, (nint)header, (nint)data, 0, 0, 0) == 0 ? data[0] | ((ulong)data[3] << 32) : null;
    }
}
