using System.Runtime.InteropServices;

namespace TcpTracer.Tests.Harness;

/// <summary>Numbers of system calls on this machine.</summary>
internal static class SystemCall
{
    public static int Bpf => Number(321, 280);

    public static int PerfEventOpen => Number(298, 241);

    /// <summary>The number of a call by its name.</summary>
    public static int Of(string name) => name switch
    {
        "capget" => Number(125, 90),
        "epoll_create1" => Number(291, 20),
        "epoll_ctl" => Number(233, 21),
        "eventfd2" => Number(290, 19),
        "faccessat2" => 439,
        "lseek" => Number(8, 62),
        "pwrite64" => Number(18, 68),
        "uname" => Number(63, 160),
        _ => throw new ArgumentException($"{name} has no number here"),
    };

    private static int Number(int x64, int arm64) => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? arm64 : x64;
}
