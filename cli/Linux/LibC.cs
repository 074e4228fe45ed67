using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// Every call of the C library that the command line makes. Names and parameters are as in the manual pages; constants stand where they are
/// used.
/// </summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    // Descriptors

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int descriptor, in byte buffer, nint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int poll(ref PollStatus status, nint count, int milliseconds);

    [LibraryImport(Library)]
    public static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport(Library)]
    public static partial int dup2(int from, int to);

    [LibraryImport(Library)]
    public static partial int dup3(int from, int to, int flags);

    [LibraryImport(Library)]
    public static partial int close(int descriptor);

    [LibraryImport(Library)]
    public static partial int ioctl(int descriptor, nuint request, nint argument);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int faccessat(int directory, string path, int mode, int flags);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollStatus
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }

    // Signals and processes

    /// <summary>SIG_DFL.</summary>
    public const nint DefaultAction = 0;

    [LibraryImport(Library)]
    public static partial nint signal(int number, nint action);

    [LibraryImport(Library)]
    public static partial int pthread_sigmask(int how, ulong* signals, ulong* before);

    [LibraryImport(Library)]
    public static partial int kill(int process, int signal);

    [LibraryImport(Library)]
    public static partial int tgkill(int process, int thread, int signal);

    [LibraryImport(Library)]
    public static partial int tcgetpgrp(int descriptor);

    [LibraryImport(Library)]
    public static partial int getpgrp();

    [LibraryImport(Library)]
    public static partial void _exit(int status);

    // Users and privileges

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library)]
    public static partial nint getpwuid(uint number);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint getpwnam(string name);

    [LibraryImport(Library)]
    public static partial int capget(uint* header, uint* sets);

    [LibraryImport(Library)]
    public static partial int capset(uint* header, uint* sets);

    /// <summary>Our own C code: Startup/privileges.c.</summary>
    [LibraryImport("privileges")]
    public static partial int tcptracer_keep_privileges(ulong capabilities);

    // Memory

    [LibraryImport(Library)]
    public static partial nint malloc(nint bytes);

    [LibraryImport(Library)]
    public static partial void free(nint memory);
}
