using System.Globalization;
using TcpTracer.Formats.Values;

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
    public CgroupNames Names => (_names ??= new Parsed(CgroupNames.Parse(Path))).Names;

    // When it is asked for: not each reader of a trace asks, and a path may be long
    private Parsed? _names;

    private sealed record Parsed(CgroupNames Names);

    /// <summary>By content.</summary>
    public bool Equals(CgroupInfo? other) => other is not null && Hierarchy == other.Hierarchy && Id == other.Id && Path == other.Path;

    /// <inheritdoc/>
    public override int GetHashCode() => ChosenNumbers.HashOf((ulong)Hierarchy, Id);
}

/// <summary>The hierarchies. The numbers are those of the kernel probes and of trace files.</summary>
public enum CgroupHierarchy : byte
{
    /// <summary>Version 2.</summary>
    Unified = 0,

    /// <summary>Version 1, the memory controller's.</summary>
    Memory = 1,
}
