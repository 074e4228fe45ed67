using System.Collections.Immutable;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// What became known at one place in the stream of events: from there on, and not before, it is used. Each entry replaces the one with the
/// same key. The unit of which the metadata of a trace is made.
/// </summary>
/// <param name="ObservedNs">When, in boot time.</param>
public sealed record WorkloadChange(long ObservedNs)
{
    /// <summary>Everything that is known: what is not in here is forgotten.</summary>
    public bool IsCheckpoint { get; init; }

    /// <summary>New or changed pods.</summary>
    public ImmutableArray<PodInfo> Pods { get; init; } = [];

    /// <summary>New containers.</summary>
    public ImmutableArray<ContainerInfo> Containers { get; init; } = [];

    /// <summary>New cgroups.</summary>
    public ImmutableArray<CgroupInfo> Cgroups { get; init; } = [];

    /// <summary>New or changed services.</summary>
    public ImmutableArray<ServiceInfo> Services { get; init; } = [];

    /// <summary>New or changed nodes.</summary>
    public ImmutableArray<NodeInfo> Nodes { get; init; } = [];

    /// <summary>What need not be known any longer.</summary>
    public ImmutableArray<WorkloadKey> Forgotten { get; init; } = [];

    private int Entries => Pods.Length + Containers.Length + Cgroups.Length + Services.Length + Nodes.Length + Forgotten.Length;

    /// <summary>Entries with their labels and claims: by their number memory goes.</summary>
    internal int Parts => Entries + Pods.Sum(p => p.Labels.Count + p.Claims.Length) + Services.Sum(s => s.Claims.Length) + Nodes.Sum(n => n.Claims.Length);

    /// <summary>The same in as few parts as are small enough for a record each.</summary>
    public IEnumerable<WorkloadChange> Split()
    {
        const int most = 500;
        for (int from = 0; from < Math.Max(1, Entries); from += most)
        {
            int skipped = 0;
            ImmutableArray<T> Part<T>(ImmutableArray<T> all)
            {
                int start = Math.Clamp(from - skipped, 0, all.Length), end = Math.Clamp(from + most - skipped, 0, all.Length);
                skipped += all.Length;
                return all[start..end];
            }
            yield return new WorkloadChange(ObservedNs)
            {
                IsCheckpoint = IsCheckpoint && from == 0,
                Forgotten = Part(Forgotten), // before anything new: of the same key, the entry is the later word
                Pods = Part(Pods),
                Containers = Part(Containers),
                Cgroups = Part(Cgroups),
                Services = Part(Services),
                Nodes = Part(Nodes),
            };
        }
    }

    /// <summary>Whether it says nothing.</summary>
    public bool IsEmpty => !IsCheckpoint && Pods.IsEmpty && Containers.IsEmpty && Cgroups.IsEmpty && Services.IsEmpty && Nodes.IsEmpty && Forgotten.IsEmpty;
}

/// <summary>Names one entry.</summary>
/// <param name="Kind">Of which kind.</param>
/// <param name="Key">Uid, container id, node name, or a cgroup's number.</param>
public readonly record struct WorkloadKey(WorkloadKind Kind, string Key);

/// <summary>The kinds of entry. The numbers are those of trace files.</summary>
public enum WorkloadKind : byte
{
    /// <summary>Key: its uid.</summary>
    Pod = 1,

    /// <summary>Key: its id.</summary>
    Container = 2,

    /// <summary>Key: hierarchy and id, as <c>1:4711</c>.</summary>
    Cgroup = 3,

    /// <summary>Key: its uid.</summary>
    Service = 4,

    /// <summary>Key: its name.</summary>
    Node = 5,
}
