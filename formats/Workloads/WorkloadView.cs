using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// What was known about pods, containers, services and nodes at one place in the stream of events: the sum of all changes before it. It is
/// the same live and at replay. A view never changes; each change makes a new view, which shares what it can with the old one.
/// Several threads may use it.
/// </summary>
public sealed class WorkloadView
{
    private const int RecentSlots = 64, MostWorkloads = 16_384; // a trace may have any number of cgroups, so the caches are bounded
    private readonly Recent?[] _recent = new Recent[RecentSlots];
    private readonly ConcurrentDictionary<(ulong Unified, ulong Memory), Workload> _workloads = new(SeededHash.Two);
    private uint _made;

    /// <summary>A view before any change. All processes seem to run on the host.</summary>
    /// <param name="node">The name of the node.</param>
    public WorkloadView(SafeText node)
    {
        Host = Workload.Host(NameText.Of(node));
    }

    private readonly ImmutableDictionary<int, WorkloadView> _sources = ImmutableDictionary<int, WorkloadView>.Empty;

    private WorkloadView(ImmutableDictionary<int, WorkloadView> sources)
    {
        Host = Workload.Host(SafeText.Empty);
        _sources = sources;
        IsInformed = sources.Values.Any(s => s.IsInformed);
    }

    private WorkloadView(WorkloadView other, WorkloadIndex index)
    {
        Host = other.Host;
        Index = index;
        IsInformed = true;
    }

    private readonly LaterNames? _later; // in hindsight: fills what is not known here

    private WorkloadView(WorkloadView seen, LaterNames later)
        : this(seen, seen.Index)
    {
        _later = later;
    }

    private LaterNames AsLater => field ??= new LaterNames(Index);

    /// <summary>This view, filled with what became known later. What is known here stays as it is.</summary>
    /// <param name="all">All names of the trace.</param>
    public WorkloadView FilledBy(WorkloadView all)
    {
        if (IsMerged)
            return new(ImmutableDictionary.CreateRange(_sources.Select(s => KeyValuePair.Create(s.Key, s.Value.FilledBy(all.For(s.Key))))));
        return IsInformed || all.IsInformed ? new(this, all.AsLater) : this;
    }

    /// <summary>A view without entries, on a node without a name.</summary>
    public static WorkloadView Empty { get; } = new(SafeText.Empty);

    /// <summary>The empty view of a merged trace: each source has a node, and a view of its own.</summary>
    public static WorkloadView OfSources(IReadOnlyList<SafeText> nodes) =>
        new(ImmutableDictionary.CreateRange(nodes.Select((n, i) => KeyValuePair.Create(i, new WorkloadView(n)))));

    /// <summary>Whether it is of several traces that were merged.</summary>
    public bool IsMerged => !_sources.IsEmpty;

    /// <summary>What one of the merged traces knows; the same view, where none were merged.</summary>
    public WorkloadView For(int source) => IsMerged ? _sources.GetValueOrDefault(source, Empty) : this;

    /// <summary>Which of the merged traces a process is of; 0 where none were merged, or none has that number.</summary>
    public int SourceOf(ProcessIdentity process) => _sources.ContainsKey(process.Source) ? process.Source : 0;

    /// <summary>Whether there was any record of names, be it empty: after it an unknown cgroup is not the host's.</summary>
    public bool IsInformed { get; }

    /// <summary>The workload of a process on the host itself.</summary>
    public Workload Host { get; }

    /// <summary>The entries of the view.</summary>
    public WorkloadIndex Index { get; } = WorkloadIndex.Empty;

    /// <summary>The view after a change.</summary>
    public WorkloadView With(WorkloadChange change) => IsMerged ? Replace(change.Source, v => v.With(change))
        : new(this, (change.IsCheckpoint ? WorkloadIndex.Empty : Index).With(change));

    /// <summary>A change of a source that the header does not have changes nothing.</summary>
    private WorkloadView Replace(int source, Func<WorkloadView, WorkloadView> make) =>
        _sources.TryGetValue(source, out WorkloadView? view) ? new(_sources.SetItem(source, make(view))) : this;

    /// <summary>The view after the additions of a change; nothing is forgotten.</summary>
    public WorkloadView WithAllOf(WorkloadChange change) => IsMerged ? Replace(change.Source, v => v.WithAllOf(change))
        : new(this, Index.With(change with { Forgotten = [] }));

    /// <summary>The workload that a process runs in.</summary>
    public Workload Of(ProcessIdentity process)
    {
        if (IsMerged)
            return For(process.Source).Of(process);
        if (!IsInformed)
            return Host;
        ref Recent? recent = ref _recent[(uint)RuntimeHelpers.GetHashCode(process) % RecentSlots];
        if (recent is { } r && ReferenceEquals(r.Process, process))
            return r.Workload;
        Workload workload = Of((process.Cgroup, process.CgroupV1));
        recent = new Recent(process, workload);
        return workload;
    }

    /// <summary>The workload of the processes in two cgroups, of the one host that the view is of.</summary>
    public Workload Of((ulong Unified, ulong Memory) cgroups)
    {
        if (!IsInformed)
            return Host;
        if (_workloads.TryGetValue(cgroups, out Workload? workload))
            return workload;
        // Counted here, because ConcurrentDictionary.Count locks the whole table
        if (Interlocked.Increment(ref _made) % MostWorkloads == 0)
            _workloads.Clear();
        return _workloads.GetOrAdd(cgroups, Find);
    }

    /// <summary>The process that was asked for last in a slot. Sources and blocks hand out one object for one process.</summary>
    private sealed record Recent(ProcessIdentity Process, Workload Workload);

    private Workload Find((ulong Unified, ulong Memory) cgroups)
    {
        CgroupInfo? unified = Index.Cgroups.GetValueOrDefault((CgroupHierarchy.Unified, cgroups.Unified));
        CgroupInfo? memory = Index.Cgroups.GetValueOrDefault((CgroupHierarchy.Memory, cgroups.Memory));
        bool isLater = IsLater(cgroups);
        if (isLater)
        {
            unified = _later!.Cgroup((CgroupHierarchy.Unified, cgroups.Unified));
            memory = _later.Cgroup((CgroupHierarchy.Memory, cgroups.Memory));
        }
        // Where cgroup v1 is in use, runtimes put their containers into its hierarchy; some use both
        CgroupNames names = memory is { Names.IsHost: false } ? memory.Names : (unified ?? memory)?.Names ?? default;
        if (!names.IsHost)
            return isLater ? In(names) with { IsPeerLater = true } : In(names);
        return unified is null && memory is null && cgroups != default ? Unknown : Host;
    }

    /// <summary>Whether the cgroups of a process are known in hindsight only. If one of both is known, it names the process.</summary>
    private bool IsLater((ulong Unified, ulong Memory) cgroups) => _later is not null && cgroups != default
        && !Index.Cgroups.ContainsKey((CgroupHierarchy.Unified, cgroups.Unified))
        && !Index.Cgroups.ContainsKey((CgroupHierarchy.Memory, cgroups.Memory));

    /// <summary>The workload of a process on this host whose cgroup is not known.</summary>
    private Workload Unknown => Host with { Namespace = Workload.Unknown, Pod = Workload.Unknown, Container = Workload.Unknown };

    /// <summary>The workload that the path of a cgroup names.</summary>
    public Workload In(CgroupNames names)
    {
        if (names.IsUnknown)
            return Unknown;
        ContainerInfo? container = ContainerOf(names);
        string uid = container?.PodUid ?? names.PodUid;
        string id = names.ContainerId, shortId = id.Length > Workload.ShortIdLength ? id[..Workload.ShortIdLength] : id;
        Workload workload = Host with
        {
            Container = container is { Name.Length: > 0 } ? container.Text : shortId.Length > 0 ? new SafeText(shortId) : Workload.NotInPod,
            ContainerId = id,
            Image = container?.Image ?? "",
        };
        if (uid.Length == 0)
            return workload;
        if (PodOf(uid) is not { } pod)
            return workload with { Namespace = Workload.Unknown, Pod = NameText.Of(uid), PodUid = uid };
        return workload with
        {
            Namespace = pod.Peer.Namespace,
            Pod = pod.Peer.Name,
            Peer = pod.Peer,
            IsPeerLater = _later is not null && !IsKnownHere(names, uid),
            PodUid = uid,
            Owner = pod.Owner,
            Labels = pod.Labels,
        };
    }

    /// <summary>Whether the pod of a process is known without hindsight.</summary>
    private bool IsKnownHere(CgroupNames names, string uid) => Index.Pods.ContainsKey(uid)
        && (names.PodUid == uid || Index.Containers.GetValueOrDefault(names.ContainerId)?.PodUid == uid);

    private ContainerInfo? ContainerOf(CgroupNames names)
    {
        ContainerInfo? seen = Index.Containers.GetValueOrDefault(names.ContainerId);
        return _later is null ? seen : _later.Fill(names.ContainerId, names.PodUid, seen);
    }

    /// <summary>A pod; null: not known.</summary>
    public PodInfo? PodOf(string uid)
    {
        PodInfo? seen = Index.Pods.GetValueOrDefault(uid);
        return _later is null ? seen : _later.Fill(uid, seen);
    }

    /// <summary>
    /// The keys of the entries that <see cref="Of(ProcessIdentity)"/> looks up for a process, whether they are known or not.
    /// </summary>
    public IEnumerable<WorkloadKey> KeysOf(ProcessIdentity process) =>
        For(process.Source).KeysOf((process.Cgroup, process.CgroupV1));

    /// <summary>The same for the processes in two cgroups, of the one host that the view is of.</summary>
    public IEnumerable<WorkloadKey> KeysOf((ulong Unified, ulong Memory) cgroups)
    {
        bool isLater = IsLater(cgroups);
        foreach ((CgroupHierarchy Hierarchy, ulong Id) key in
            new[] { (CgroupHierarchy.Unified, cgroups.Unified), (CgroupHierarchy.Memory, cgroups.Memory) })
        {
            if (_later is null || isLater || Index.Cgroups.ContainsKey(key))
                yield return CgroupInfo.KeyOf(key.Hierarchy, key.Id);
        }
        Workload workload = Of(cgroups);
        if (workload.ContainerId.Length > 0)
            yield return new WorkloadKey(WorkloadKind.Container, workload.ContainerId);
        if (workload.PodUid.Length > 0)
            yield return new WorkloadKey(WorkloadKind.Pod, workload.PodUid);
    }

    /// <summary>The entry that an address belonged to at a moment; null: not known. See <see cref="WorkloadIndex.PeerAt"/>.</summary>
    /// <param name="address">The address.</param>
    /// <param name="bootNs">The moment, in nanoseconds of boot time.</param>
    public Peer? PeerAt(Address address, long bootNs) => OwnerOf(address, bootNs)?.Peer;

    /// <summary>The pod, service or node itself that <see cref="PeerAt"/> takes; null: none.</summary>
    public object? EntryAt(Address address, long bootNs) =>
        OwnerOf(address, bootNs)?.Entry is var entry && entry is PodInfo pod && _later is not null ? PodOf(pod.Uid) : entry;

    /// <summary>Which entry <see cref="PeerAt"/> takes; null: none.</summary>
    public WorkloadKey? OwnerAt(Address address, long bootNs) => OwnerOf(address, bootNs)?.Key;

    /// <summary>Whether anything claims an address, whenever.</summary>
    public bool IsClaimed(Address address) => Index.IsClaimed(address) || _later?.IsClaimed(address) == true;

    /// <summary>The same, without hindsight.</summary>
    public object? EntrySeenAt(Address address, long bootNs) => Index.Find(address, bootNs)?.Entry;

    private AddressOwner? OwnerOf(Address address, long bootNs) =>
        Index.Find(address, bootNs) ?? (_later?.FindInGap(address, bootNs, Index.ClaimsOn(address)) is { } later
            ? later with { Entry = Known(later.Entry) } : null);

    /// <summary>An entry that is known later, as it is known here.</summary>
    private object Known(object later) => later switch
    {
        PodInfo pod => PodOf(pod.Uid) ?? pod,
        ServiceInfo service => Index.Services.GetValueOrDefault(service.Uid) ?? service,
        _ => later,
    };

    /// <summary>
    /// An entry as a view without hindsight would have to know it, to name the same: it has the claims, too, by which it fills gaps. null:
    /// not known.
    /// </summary>
    public object? Entry(WorkloadKey key)
    {
        object? seen = key.Kind switch
        {
            WorkloadKind.Pod => Index.Pods.GetValueOrDefault(key.Key),
            WorkloadKind.Service => Index.Services.GetValueOrDefault(key.Key),
            WorkloadKind.Node => Index.Nodes.GetValueOrDefault(key.Key),
            WorkloadKind.Container => Index.Containers.GetValueOrDefault(key.Key),
            _ => WorkloadIndex.CgroupOf(key.Key) is { } cgroup ? Index.Cgroups.GetValueOrDefault(cgroup) : null,
        };
        return _later is null ? seen : _later.Fill(key, seen, Index);
    }
}
