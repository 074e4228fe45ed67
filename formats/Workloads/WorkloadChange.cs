using System.Collections.Immutable;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// What a source of names learned at one moment. It holds from its place in the stream of events on, and not before. Each entry replaces
/// the entry with the same key. The metadata of a trace is a sequence of such changes.
/// </summary>
/// <param name="ObservedNs">When it was learned, in nanoseconds of boot time.</param>
public sealed record WorkloadChange(long ObservedNs)
{
    /// <summary>Whether it repeats all names known so far. Then a reader forgets everything that is not in it.</summary>
    public bool IsCheckpoint { get; init; }

    /// <summary>By which of the traces that were merged it was known: the number of that in the header.</summary>
    public int Source { get; init; }

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

    /// <summary>Entries that are not needed any more.</summary>
    public ImmutableArray<WorkloadKey> Forgotten { get; init; } = [];

    /// <summary>The number of its entries.</summary>
    public int Entries => Pods.Length + Containers.Length + Cgroups.Length + Services.Length + Nodes.Length + Forgotten.Length;

    /// <summary>
    /// The number of its entries, labels and claims; a claim counts twice. <see cref="TraceLimits.MetadataParts"/> bounds it.
    /// </summary>
    public int Parts => Entries + Pods.Sum(p => p.Labels.Count) + TraceLimits.PartsOfClaim * Claims;

    private int Claims => Pods.Sum(p => p.Claims.Length) + Services.Sum(s => s.Claims.Length) + Nodes.Sum(n => n.Claims.Length);

    /// <summary>
    /// Roughly how many more bytes of memory are in use when this change is added. An entry that is replaced frees its own.
    /// </summary>
    /// <param name="known">The entries before the change.</param>
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
        {
            if (!known.Containers.ContainsKey(container.Id))
                bytes += EntryBytes + Characters(container.Id, container.PodUid, container.Name, container.Image);
        }
        foreach (CgroupInfo cgroup in Cgroups)
            bytes += known.Cgroups.ContainsKey((cgroup.Hierarchy, cgroup.Id)) ? 0 : EntryBytes + Characters(cgroup.Path, cgroup.Path);
        return bytes;
    }

    private const int EntryBytes = 256, PartBytes = 128;

    private static long BytesOf(PodInfo? pod) => pod is null ? 0
        : EntryBytes + Characters(pod.Uid, pod.Namespace, pod.Name, pod.Node, pod.Owner)
        + pod.Labels.Sum(l => PartBytes + Characters(l.Key, l.Value)) + PartBytes * pod.Claims.Length;

    private static long BytesOf(ServiceInfo? service) => service is null ? 0
        : EntryBytes + Characters(service.Uid, service.Namespace, service.Name) + PartBytes * service.Claims.Length;

    private static long BytesOf(NodeInfo? node) => node is null ? 0 : EntryBytes + Characters(node.Name) + PartBytes * node.Claims.Length;

    private static long Characters(params ReadOnlySpan<string> texts)
    {
        long bytes = 0;
        foreach (string text in texts)
            bytes += sizeof(char) * (long)text.Length;
        return bytes;
    }

    /// <summary>An upper bound of the bytes that it takes in a trace before compression, split into records.</summary>
    public long RecordBytes => WorkloadSizes.Of(this).Sum() + Ends().Count() * WorkloadSizes.RecordBytes;

    /// <summary>Splits it into as few changes as possible, each small enough for one record.</summary>
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
                Source = Source,
                IsCheckpoint = IsCheckpoint && from == 0,
                Forgotten = Part(Forgotten), // first: where a key is both forgotten and new, the new entry wins
                Pods = Part(Pods),
                Containers = Part(Containers),
                Cgroups = Part(Cgroups),
                Services = Part(Services),
                Nodes = Part(Nodes),
            };
            from = to;
        }
    }

    /// <summary>The end of each part: an index into all entries, counted through all kinds in the order of <see cref="Split"/>.</summary>
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

    /// <summary>Whether it changes nothing.</summary>
    public bool IsEmpty => !IsCheckpoint && Entries == 0;
}

/// <summary>The key of an entry.</summary>
/// <param name="Kind">The kind of entry.</param>
/// <param name="Key">The key among entries of that kind: a uid, a container id, the name of a node, or the number of a cgroup.</param>
public readonly record struct WorkloadKey(WorkloadKind Kind, string Key);

/// <summary>The kinds of entry. Trace files use these numbers: never change one.</summary>
public enum WorkloadKind : byte
{
    /// <summary>A pod; its key is the uid.</summary>
    Pod = 1,

    /// <summary>A container; its key is the id.</summary>
    Container = 2,

    /// <summary>A cgroup; its key is the hierarchy and the id, such as <c>1:4711</c>.</summary>
    Cgroup = 3,

    /// <summary>A service; its key is the uid.</summary>
    Service = 4,

    /// <summary>A node; its key is the name.</summary>
    Node = 5,
}
