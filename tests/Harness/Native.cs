using System.Runtime.InteropServices;

namespace TcpTracer.Tests.Harness;

/// <summary>The system calls that tests need.</summary>
internal static class Native
{
    public const int CloneNewNet = 0x40000000;

    [DllImport("libc", SetLastError = true)]
    public static extern int kill(int pid, int signal);

    [DllImport("libc", SetLastError = true)]
    public static extern int unshare(int kind);

    [DllImport("libc", SetLastError = true)]
    public static extern int setns(int fd, int kind);

    [DllImport("libc", SetLastError = true)]
    public static extern int rmdir(byte[] path);

    [DllImport("libc", SetLastError = true)]
    public static extern int dup(int fd);

    [DllImport("libc")]
    public static extern int close(int fd);

    [DllImport("libc")]
    public static extern int gettid();

    [DllImport("libc")]
    public static extern uint geteuid();
}
