using System.Globalization;

namespace TcpTracer.Formats.Workloads;

/// <summary>A control group in which a process with a connection ran. The kernel tells its name with the first such event.</summary>
/// <param name="Hierarchy">Which of the two hierarchies that containers show in.</param>
/// <param name="Id">The kernel's number, not used again before 2^32 others.</param>
/// <param name="Path">Its names from the root, or where it is very deep only the last of them.</param>
public sealed record CgroupInfo(CgroupHierarchy Hierarchy, ulong Id, string Path)
{
    /// <summary>Names it among all entries.</summary>
    public WorkloadKey Key => KeyOf(Hierarchy, Id);

    /// <summary>Names a cgroup among all entries.</summary>
    public static WorkloadKey KeyOf(CgroupHierarchy hierarchy, ulong id) => new(WorkloadKind.Cgroup, string.Create(CultureInfo.InvariantCulture, $"{(byte)hierarchy}:{id}"));

    /// <summary>What the names say about container and pod.</summary>
    public CgroupNames Names { get; } = CgroupNames.Parse(Path);
}

/// <summary>The hierarchies. The numbers are those of the kernel probes and of trace files.</summary>
public enum CgroupHierarchy : byte
{
    /// <summary>Version 2.</summary>
    Unified = 0,

    /// <summary>Version 1, the memory controller's.</summary>
    Memory = 1,
}
