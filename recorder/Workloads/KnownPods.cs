using System.Collections.Immutable;
using System.Runtime.InteropServices;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// Pods and their containers, as all sources together describe them. If several sources know a field of a pod, the one that comes
/// first in the list counts. For one thread at a time.
/// </summary>
/// <param name="sources">All sources, the most trusted first.</param>
internal sealed class KnownPods(IReadOnlyList<IWorkloadSource> sources)
{
    /// <summary>So many containers are kept. A pod that crashes again and again has a new container each time.</summary>
    public const int ContainersKept = 16_384;

    private const int UnnamedKept = 4096;
    private const int EndedKept = 4096; // a connection may close long after its pod
    private const int EndedBytesKept = 32 << 20; // of pods whose names are long

    private readonly Dictionary<IWorkloadSource, Dictionary<string, ReportedPod>> _seen =
        sources.ToDictionary(s => s, _ => new Dictionary<string, ReportedPod>(StringComparer.Ordinal));
    private readonly AddressHolders _holders = new();
    private readonly HashSet<string> _goneHere = new(StringComparer.Ordinal); // a source of this machine's pods does not see them any more
    private readonly Queue<(string Uid, int Bytes)> _ended = new();
    private readonly Queue<string> _containerIds = new();
    private readonly Dictionary<string, List<string>> _unnamed = new(StringComparer.Ordinal); // by pod: containers that no source named
    private int _unnamedCount;
    private long _endedBytes;

    /// <summary>The pods, by uid. Pods that are gone are kept for a while.</summary>
    public ChangeTracker<PodInfo> Pods { get; } = new(WorkloadKind.Pod);

    /// <summary>The containers, by id.</summary>
    public ChangeTracker<ContainerInfo> Containers { get; } = new(WorkloadKind.Container);

    /// <summary>Whether a source sees any pod now.</summary>
    public bool HasAny(IWorkloadSource source) => _seen[source].Count > 0;

    /// <summary>These are all pods that a source sees. Others are gone.</summary>
    public void Replace(IWorkloadSource source, IReadOnlyCollection<ReportedPod> all)
    {
        Dictionary<string, ReportedPod> before = _seen[source];
        Dictionary<string, ReportedPod> now = _seen[source] = new(all.Count, StringComparer.Ordinal);
        foreach (ReportedPod pod in all)
            now[pod.Uid] = pod;
        foreach (string uid in before.Keys.Where(u => source.IsLocal && !now.ContainsKey(u)))
            _goneHere.Add(uid);
        foreach (string uid in before.Keys.Union(now.Keys).ToList())
            Merge(uid);
    }

    /// <summary>A source sees a pod that is new or has changed.</summary>
    public void Note(IWorkloadSource source, ReportedPod pod)
    {
        _seen[source][pod.Uid] = pod;
        Merge(pod.Uid);
    }

    /// <summary>A source no longer sees a pod.</summary>
    public void Remove(IWorkloadSource source, string uid)
    {
        if (!_seen[source].Remove(uid))
            return;
        if (source.IsLocal)
            _goneHere.Add(uid);
        Merge(uid);
    }

    /// <summary>
    /// A process was seen in a container that no source has named yet. If its pod can have only one container, that is it: the
    /// specification of a pod is known before the first status of its containers.
    /// </summary>
    /// <param name="id">The id of the container.</param>
    /// <param name="podUid">The pod that its cgroup names; empty: none.</param>
    public void OnUnnamed(string id, string podUid)
    {
        if (podUid.Length == 0 || Containers.Find(id) is not null)
            return;
        ContainerInfo? only = sources.Select(s => _seen[s].GetValueOrDefault(podUid)?.OnlyContainer).FirstOrDefault(c => c is not null);
        if (only is not null)
        {
            NameContainer(only with { Id = id });
            return;
        }
        if (_unnamedCount++ >= UnnamedKept)
        {
            _unnamed.Clear();
            _unnamedCount = 1;
        }
        ref List<string>? ids = ref CollectionsMarshal.GetValueRefOrAddDefault(_unnamed, podUid, out _);
        (ids ??= []).Add(id);
    }

    private void NameContainer(ContainerInfo container)
    {
        if (Containers.Find(container.Id) is not null)
            return;
        MakeRoomForContainer(container.Id);
        Containers.Note(container.Id, container);
    }

    private void Merge(string uid)
    {
        List<ReportedPod> seen = [.. sources.Select(s => _seen[s].GetValueOrDefault(uid)).OfType<ReportedPod>()];
        PodInfo? before = Pods.Find(uid);
        if (sources.Any(s => s.IsLocal && _seen[s].ContainsKey(uid)))
            _goneHere.Remove(uid);
        if (seen.Count == 0)
        {
            _goneHere.Remove(uid);
            if (before is not null)
                Retire(before);
            return;
        }
        // The API and the runtime have different names for one image. Only the more trusted counts, or each report would be a change
        foreach (ContainerInfo container in seen.SelectMany(s => s.Containers).DistinctBy(c => c.Id))
        {
            if (Containers.Find(container.Id) is null)
                MakeRoomForContainer(container.Id);
            Containers.Note(container.Id, container);
        }
        if (seen.Select(s => s.OnlyContainer).FirstOrDefault(c => c is not null) is { } only && _unnamed.Remove(uid, out List<string>? ids))
        {
            _unnamedCount -= ids.Count;
            ids.ForEach(id => NameContainer(only with { Id = id }));
        }
        var pod = new PodInfo(uid, seen[0].Namespace, seen[0].Name)
        {
            Node = seen.Select(s => s.Node).FirstOrDefault(n => n.Length > 0, ""),
            Owner = seen.Select(s => s.Owner).FirstOrDefault(o => o.Length > 0, ""),
            Labels = seen.Select(s => s.Labels).FirstOrDefault(l => l is not null) ?? PodInfo.NoLabels,
            Claims = ClaimsOf(uid, seen, before?.Claims ?? []),
        };
        _holders.OnClaims(pod);
        Pods.Note(uid, pod);
    }

    /// <summary>
    /// The addresses of a pod. Sources that disagree: one that has seen its end is right, and so is the younger pod, if two pods are said
    /// to have one address. Otherwise it has the addresses that any source says.
    /// </summary>
    private ImmutableArray<AddressClaim> ClaimsOf(string uid, List<ReportedPod> seen, ImmutableArray<AddressClaim> before)
    {
        ClockSample clock = BootClock.Sample(ClockCause.Periodic);
        Address[] said = [.. seen.SelectMany(s => s.Addresses).Distinct()];
        _holders.OnSaid(uid, said);
        bool hasEnded = _goneHere.Contains(uid) || seen.Any(s => s.HasEnded);
        long endNs = seen.Where(s => s.HasEnded).Min(s => s.EndedWallNs) is { } wall
            ? Math.Min(clock.BootNs, AddressClaims.ToBoot(wall, in clock)) : clock.BootNs;
        long beginNs = AddressClaims.BeginOf(before, seen.Max(s => s.SinceWallNs), in clock);
        ImmutableArray<Address> held = hasEnded ? []
            : [.. said.Where(a => AddressClaims.IsOpen(before, a) || Wins(uid, a, beginNs, clock.BootNs))];
        return AddressClaims.Update(before, held, a => Math.Max(beginNs, _holders.Other(a, uid)?.UntilNs ?? 0), endNs);
    }

    /// <summary>
    /// Whether a pod gets an address that it did not have. If another has it, the younger of both does; the claim of the older ends.
    /// </summary>
    private bool Wins(string uid, Address address, long beginNs, long nowNs)
    {
        if (_holders.HasLost(uid, address))
            return false;
        if (_holders.Other(address, uid) is not { UntilNs: null } other || Pods.Find(other.Uid) is not { } loser)
            return true;
        if (beginNs < other.SinceNs)
        {
            _holders.Lose(uid, address);
            return false;
        }
        _holders.Lose(loser.Uid, address);
        // What was told of the time until now stays as it was
        long untilNs = Pods.IsNews(loser.Uid) ? beginNs : nowNs;
        ImmutableArray<Address> left = [.. loser.Claims.Where(c => c.UntilNs is null && !c.Address.Equals(address)).Select(c => c.Address)];
        loser = loser with { Claims = AddressClaims.Update(loser.Claims, left, _ => nowNs, untilNs) };
        _holders.OnClaims(loser);
        Pods.Note(loser.Uid, loser);
        return true;
    }

    /// <summary>No source sees the pod any longer. It is kept for a while.</summary>
    private void Retire(PodInfo pod)
    {
        int bytes = NameSizes.Of(pod);
        _endedBytes += bytes;
        _ended.Enqueue((pod.Uid, bytes));
        PodInfo ended = pod with { Claims = AddressClaims.Update(pod.Claims, [], null) };
        _holders.OnSaid(pod.Uid, []);
        _holders.OnClaims(ended);
        Pods.Note(pod.Uid, ended);
        while (_ended.Count > EndedKept || _endedBytes > EndedBytesKept)
        {
            (string oldest, bytes) = _ended.Dequeue();
            _endedBytes -= bytes;
            if (sources.Any(s => _seen[s].ContainsKey(oldest)) || Pods.Find(oldest) is not { } known)
                continue;
            Pods.Forget(oldest);
            _holders.Forget(known);
            foreach (string id in Containers.All.Where(c => c.PodUid == oldest).Select(c => c.Id).ToList())
                Containers.Forget(id);
        }
    }

    private void MakeRoomForContainer(string id)
    {
        _containerIds.Enqueue(id);
        if (_containerIds.Count <= ContainersKept)
            return;
        string oldest = _containerIds.Dequeue();
        if (Containers.Find(oldest) is not { } known)
            return;
        if (sources.Any(s => _seen[s].TryGetValue(known.PodUid, out ReportedPod? pod) && pod.Containers.Any(c => c.Id == oldest)))
            _containerIds.Enqueue(oldest);
        else
            Containers.Forget(oldest);
    }
}
