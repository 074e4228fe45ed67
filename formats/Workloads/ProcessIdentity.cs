using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// The owner of an event, as the kernel knew it when the owner connected or accepted. A source hands out one object for one identity.
/// </summary>
/// <param name="Pid">Its process id in the initial PID namespace; 0: not known.</param>
/// <param name="Tid">The id of the thread that connected or accepted.</param>
/// <param name="Uid">Its user id in the initial user namespace.</param>
/// <param name="Gid">Its group id in the initial user namespace.</param>
/// <param name="ParentPid">The process id that its parent had at that time.</param>
/// <param name="Comm">Its command name: that of its first thread.</param>
/// <param name="ParentComm">The command name of its parent.</param>
/// <param name="Netns">The inode of the socket's network namespace. The kernel may use the number again after the
/// namespace is gone.</param>
/// <param name="NetnsCookie">The kernel's cookie of that network namespace, which is never used again; 0: not known.</param>
/// <param name="Mntns">The inode of its mount namespace.</param>
/// <param name="Cgroup">The id of its cgroup in the unified hierarchy (v2).</param>
/// <param name="CgroupV1">The inode of its cgroup in the memory controller's v1 hierarchy; 0: that is not in use.</param>
public sealed record ProcessIdentity(
    uint Pid, uint Tid, uint Uid, uint Gid, uint ParentPid, SafeText Comm, SafeText ParentComm,
    uint Netns, ulong NetnsCookie, uint Mntns, ulong Cgroup, ulong CgroupV1)
{
    /// <summary>Its process id and command name.</summary>
    public ProcessName Name { get; } = new(Pid, Comm);

    /// <summary>The path of its executable; empty: not known.</summary>
    public SafeText Exe { get; init; } = SafeText.Empty;

    /// <summary>
    /// The number of its source in the header of a merged trace. Ids of two hosts have nothing to do with each other.
    /// </summary>
    public int Source { get; init; }

    /// <summary>Its command line: the arguments, separated by NUL; empty: not recorded.</summary>
    public SafeText Args { get; init; } = SafeText.Empty;
}

/// <summary>A process of which only the id and the name are known, such as the actor of a close, or a listener.</summary>
/// <param name="Pid">Its process id in the initial PID namespace.</param>
/// <param name="Comm">Its command name.</param>
public sealed record ProcessName(uint Pid, SafeText Comm)
{
    /// <summary>No process, or one that is not known.</summary>
    public static readonly ProcessName None = new(0, SafeText.Empty);
}
