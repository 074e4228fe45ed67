using System.Collections.Immutable;
using TcpTracer.Formats.Values;

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

    /// <summary>How many entries it has.</summary>
    public int Entries => Pods.Length + Containers.Length + Cgroups.Length + Services.Length + Nodes.Length + Forgotten.Length;

    /// <summary>Entries with their labels and, twice, their claims: by their number memory goes.</summary>
    public int Parts => Entries + Pods.Sum(p => p.Labels.Count) + TraceLimits.PartsOfClaim * (Pods.Sum(p => p.Claims.Length) + Services.Sum(s => s.Claims.Length) + Nodes.Sum(n => n.Claims.Length));

    /// <summary>About how much memory it takes beside what is known already; entries that are replaced let go of theirs.</summary>
    public long BytesBeyond(WorkloadIndex known)
    {
        long bytes = 0;
        foreach (PodInfo pod in Pods)
            bytes += BytesOf(pod) - BytesOf(known.Pods.GetValueOrDefault(pod.Uid));
        foreach (ServiceInfo service in Services)
            bytes += BytesOf(service) - BytesOf(known.Services.GetValueOrDefault(service.Uid));
        foreach (NodeInfo node in Nodes)
            bytes += BytesOf(node) - BytesOf(known.Nodes.GetValueOrDefault(node.Name));
        foreach (ContainerInfo container in Containers)
            bytes += known.Containers.ContainsKey(container.Id) ? 0 : EntryBytes + Characters(container.Id, container.PodUid, container.Name, container.Image);
        foreach (CgroupInfo cgroup in Cgroups)
            bytes += known.Cgroups.ContainsKey((cgroup.Hierarchy, cgroup.Id)) ? 0 : EntryBytes + Characters(cgroup.Path, cgroup.Path);
        return bytes;
    }

    private const int EntryBytes = 256, PartBytes = 128;

    private static long BytesOf(PodInfo? pod) => pod is null ? 0
        : EntryBytes + Characters(pod.Uid, pod.Namespace, pod.Name, pod.Node, pod.Owner) + pod.Labels.Sum(l => PartBytes + Characters(l.Key, l.Value)) + PartBytes * pod.Claims.Length;

    private static long BytesOf(ServiceInfo? service) => service is null ? 0 : EntryBytes + Characters(service.Uid, service.Namespace, service.Name) + PartBytes * service.Claims.Length;

    private static long BytesOf(NodeInfo? node) => node is null ? 0 : EntryBytes + Characters(node.Name) + PartBytes * node.Claims.Length;

    private static long Characters(params ReadOnlySpan<string> texts)
    {
        long bytes = 0;
        foreach (string text in texts)
            bytes += sizeof(char) * (long)text.Length;
        return bytes;
    }

    /// <summary>At most so many bytes it takes in a trace, in records of its parts.</summary>
    public long RecordBytes => WorkloadSizes.Of(this).Sum() + Ends().Count() * WorkloadSizes.RecordBytes;

    /// <summary>The same in as few parts as are small enough for a record each.</summary>
    public IEnumerable<WorkloadChange> Split()
    {
        int from = 0;
        foreach (int to in Ends())
        {
            int skipped = 0;
            ImmutableArray<T> Part<T>(ImmutableArray<T> all)
            {
                int start = Math.Clamp(from - skipped, 0, all.Length), end = Math.Clamp(to - skipped, 0, all.Length);
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
            from = to;
        }
    }

    /// <summary>Before which entry each part ends, all kinds one after the other.</summary>
    private IEnumerable<int> Ends()
    {
        const int mostEntries = 500, mostBytes = TraceLimits.RawBytes / 8;
        int end = 0, entries = 0;
        long bytes = 0;
        foreach (long size in WorkloadSizes.Of(this))
        {
            if (entries == mostEntries || (entries > 0 && bytes + size > mostBytes))
            {
                yield return end;
                bytes = entries = 0;
            }
            end++;
            entries++;
            bytes += size;
        }
        yield return end;
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
