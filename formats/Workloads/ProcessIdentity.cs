using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// Whose event it is, as captured in the kernel when the owner connected or accepted. Sources hand out one object for one identity.
/// </summary>
/// <param name="Pid">Process id in the first PID namespace; 0: not known.</param>
/// <param name="Tid">The thread that connected or accepted.</param>
/// <param name="Uid">User id in the first user namespace.</param>
/// <param name="Gid">Group id in the first user namespace.</param>
/// <param name="ParentPid">Process id of the parent, at that time.</param>
/// <param name="Comm">The process's command name (its first thread's).</param>
/// <param name="ParentComm">The parent's.</param>
/// <param name="Netns">Inode of the socket's network namespace; used again after its end.</param>
/// <param name="NetnsCookie">The kernel's own number for it, never used again; 0: not known.</param>
/// <param name="Mntns">Inode of the mount namespace.</param>
/// <param name="Cgroup">Id in the unified (v2) hierarchy.</param>
/// <param name="CgroupV1">Inode in the memory controller's v1 hierarchy; 0 where that is not in use.</param>
public sealed record ProcessIdentity(
    uint Pid, uint Tid, uint Uid, uint Gid, uint ParentPid, SafeText Comm, SafeText ParentComm,
    uint Netns, ulong NetnsCookie, uint Mntns, ulong Cgroup, ulong CgroupV1)
{
    /// <summary>The process in short.</summary>
    public ProcessName Name { get; } = new(Pid, Comm);

    /// <summary>The path of its executable; empty: not known.</summary>
    public SafeText Exe { get; init; } = SafeText.Empty;

    /// <summary>Its command line, the arguments separated by NUL; empty: not recorded.</summary>
    public SafeText Args { get; init; } = SafeText.Empty;
}

/// <summary>A process named in passing: who closed a connection, or who listened.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Comm">Its command name.</param>
public sealed record ProcessName(uint Pid, SafeText Comm)
{
    /// <summary>Nobody, or not known.</summary>
    public static readonly ProcessName None = new(0, SafeText.Empty);
}
