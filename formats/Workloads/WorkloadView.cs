using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// What is known about pods, containers, services and nodes at one place in the stream of events: the sum of the changes before it, the same
/// live and at replay. Never changes: each change makes a new one, which shares what it can.
/// </summary>
public sealed class WorkloadView
{
    private const int RecentSlots = 64, PlentyOfWorkloads = 16_384; // they save work only, and a trace may have any number
    private readonly Recent?[] _recent = new Recent[RecentSlots];
    private readonly bool _isInformed;
    private readonly ConcurrentDictionary<(ulong Unified, ulong Memory), Workload> _workloads = new(ChosenNumbers.Two);
    private uint _made;

    /// <summary>Nothing is known, but on which node it is, and nobody has said yet that names would be.</summary>
    public WorkloadView(SafeText node)
    {
        Host = Workload.Host(NameText.Of(node));
    }

    private WorkloadView(WorkloadView other, WorkloadIndex index)
    {
        Host = other.Host;
        Index = index;
        _isInformed = true;
    }

    /// <summary>Nothing is known.</summary>
    public static WorkloadView Empty { get; } = new(SafeText.Empty);

    /// <summary>For a process of the node itself.</summary>
    public Workload Host { get; }

    /// <summary>What is known.</summary>
    public WorkloadIndex Index { get; } = WorkloadIndex.Empty;

    /// <summary>With what a change adds.</summary>
    public WorkloadView With(WorkloadChange change) => new(this, (change.IsCheckpoint ? WorkloadIndex.Empty : Index).With(change));

    /// <summary>With everything that a change adds, and nothing forgotten.</summary>
    public WorkloadView WithAllOf(WorkloadChange change) => new(this, Index.With(change with { Forgotten = [] }));

    /// <summary>Where a process runs.</summary>
    public Workload Of(ProcessIdentity process)
    {
        if (!_isInformed)
            return Host;
        ref Recent? recent = ref _recent[(uint)RuntimeHelpers.GetHashCode(process) % RecentSlots];
        if (recent is { } r && ReferenceEquals(r.Process, process))
            return r.Workload;
        var key = (process.Cgroup, process.CgroupV1);
        if (!_workloads.TryGetValue(key, out Workload? workload))
        {
            // Counted here: to ask such a table for its count locks all of it
            if (Interlocked.Increment(ref _made) % PlentyOfWorkloads == 0)
                _workloads.Clear();
            workload = _workloads.GetOrAdd(key, Find);
        }
        recent = new Recent(process, workload);
        return workload;
    }

    /// <summary>Who was asked for last: sources and blocks hand out one object for one process.</summary>
    private sealed record Recent(ProcessIdentity Process, Workload Workload);

    private Workload Find((ulong Unified, ulong Memory) cgroups)
    {
        CgroupInfo? unified = Index.Cgroups.GetValueOrDefault((CgroupHierarchy.Unified, cgroups.Unified));
        CgroupInfo? memory = Index.Cgroups.GetValueOrDefault((CgroupHierarchy.Memory, cgroups.Memory));
        // Where version 1 is in use, it is there that runtimes put containers; some use both
        CgroupNames names = memory is { Names.IsHost: false } ? memory.Names : (unified ?? memory)?.Names ?? default;
        if (!names.IsHost)
            return In(names);
        return unified is null && memory is null && cgroups != default ? Unknown : Host;
    }

    /// <summary>On this host, and nobody can say where.</summary>
    private Workload Unknown => Host with { Namespace = Workload.Unknown, Pod = Workload.Unknown, Container = Workload.Unknown };

    /// <summary>A container, by what its cgroup says.</summary>
    public Workload In(CgroupNames names)
    {
        if (names.IsUnknown)
            return Unknown;
        ContainerInfo? container = Index.Containers.GetValueOrDefault(names.ContainerId);
        string uid = container?.PodUid ?? names.PodUid;
        string shortId = names.ContainerId.Length > Workload.ShortIdLength ? names.ContainerId[..Workload.ShortIdLength] : names.ContainerId;
        Workload workload = Host with
        {
            Container = container is { Name.Length: > 0 } ? container.Text : shortId.Length > 0 ? new SafeText(shortId) : Workload.NotInPod,
            ContainerId = names.ContainerId,
            Image = container?.Image ?? "",
        };
        if (uid.Length == 0)
            return workload;
        if (!Index.Pods.TryGetValue(uid, out PodInfo? pod))
            return workload with { Namespace = Workload.Unknown, Pod = NameText.Of(uid), PodUid = uid };
        return workload with { Namespace = pod.Peer.Namespace, Pod = pod.Peer.Name, Peer = pod.Peer, PodUid = uid, Owner = pod.Owner, Labels = pod.Labels };
    }

    /// <summary>The entries by which <see cref="Of"/> finds its answer, known or not.</summary>
    public IEnumerable<WorkloadKey> KeysOf(ProcessIdentity process)
    {
        yield return CgroupInfo.KeyOf(CgroupHierarchy.Unified, process.Cgroup);
        yield return CgroupInfo.KeyOf(CgroupHierarchy.Memory, process.CgroupV1);
        Workload workload = Of(process);
        if (workload.ContainerId.Length > 0)
            yield return new WorkloadKey(WorkloadKind.Container, workload.ContainerId);
        if (workload.PodUid.Length > 0)
            yield return new WorkloadKey(WorkloadKind.Pod, workload.PodUid);
    }

    /// <summary>What an address belonged to at a moment; null: nothing that is known.</summary>
    public Peer? PeerAt(Address address, long bootNs) => Index.PeerAt(address, bootNs);
}
