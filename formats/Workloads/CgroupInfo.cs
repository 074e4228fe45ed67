using System.Globalization;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>A control group in which a process with a connection ran. The kernel reports its path before its first event.</summary>
/// <param name="Hierarchy">The hierarchy that it belongs to.</param>
/// <param name="Id">The kernel's number for it. The kernel uses a number again only after 2^32 others.</param>
/// <param name="Path">Its path from the root. A very deep path is cut at its front; see <see cref="CgroupNames.Cut"/>.</param>
public sealed record CgroupInfo(CgroupHierarchy Hierarchy, ulong Id, string Path)
{
    /// <summary>The key of this cgroup.</summary>
    public WorkloadKey Key => KeyOf(Hierarchy, Id);

    /// <summary>The key of a cgroup, such as <c>1:4711</c>.</summary>
    public static WorkloadKey KeyOf(CgroupHierarchy hierarchy, ulong id) =>
        new(WorkloadKind.Cgroup, string.Create(CultureInfo.InvariantCulture, $"{(byte)hierarchy}:{id}"));

    /// <summary>The pod and the container that the path names. The path is parsed when this is first asked for.</summary>
    public CgroupNames Names => (_names ??= new Parsed(CgroupNames.Parse(Path))).Names;

    // Not parsed in the constructor: some readers of a trace never ask, and a path may be long
    private Parsed? _names;

    private sealed record Parsed(CgroupNames Names);

    /// <summary>Whether both have the same content.</summary>
    public bool Equals(CgroupInfo? other) => other is not null && Hierarchy == other.Hierarchy && Id == other.Id && Path == other.Path;

    /// <inheritdoc/>
    public override int GetHashCode() => SeededHash.HashOf((ulong)Hierarchy, Id);
}

/// <summary>The cgroup hierarchies that name containers. The kernel probes and trace files use these numbers: never change one.</summary>
public enum CgroupHierarchy : byte
{
    /// <summary>The hierarchy of cgroup v2.</summary>
    Unified = 0,

    /// <summary>The memory controller's hierarchy of cgroup v1.</summary>
    Memory = 1,
}
