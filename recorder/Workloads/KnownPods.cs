using System.Collections.Immutable;
using TcpTracer.Formats.Workloads;

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

    private const int EndedKept = 4096; // a connection may close long after its pod
    private const int EndedBytesKept = 32 << 20; // of pods whose names are long

    private readonly Dictionary<IWorkloadSource, Dictionary<string, ReportedPod>> _seen =
        sources.ToDictionary(s => s, _ => new Dictionary<string, ReportedPod>(StringComparer.Ordinal));
    private readonly Queue<(string Uid, int Bytes)> _ended = new();
    private readonly Queue<string> _containerIds = new();
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
        if (_seen[source].Remove(uid))
            Merge(uid);
    }

    private void Merge(string uid)
    {
        List<ReportedPod> seen = [.. sources.Select(s => _seen[s].GetValueOrDefault(uid)).OfType<ReportedPod>()];
        PodInfo? before = Pods.Find(uid);
        if (seen.Count == 0)
        {
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
        Pods.Note(uid, new PodInfo(uid, seen[0].Namespace, seen[0].Name)
        {
            Node = seen.Select(s => s.Node).FirstOrDefault(n => n.Length > 0, ""),
            Owner = seen.Select(s => s.Owner).FirstOrDefault(o => o.Length > 0, ""),
            Labels = seen.Select(s => s.Labels).FirstOrDefault(l => l is not null) ?? PodInfo.NoLabels,
            Claims = AddressClaims.Update(before?.Claims ?? [],
                [.. seen.SelectMany(s => s.Addresses).Distinct()], seen.Max(s => s.SinceWallNs)),
        });
    }

    /// <summary>No source sees the pod any longer. It is kept for a while.</summary>
    private void Retire(PodInfo pod)
    {
        int bytes = NameSizes.Of(pod);
        _endedBytes += bytes;
        _ended.Enqueue((pod.Uid, bytes));
        Pods.Note(pod.Uid, pod with { Claims = AddressClaims.Update(pod.Claims, [], null) });
        while (_ended.Count > EndedKept || _endedBytes > EndedBytesKept)
        {
            (string oldest, bytes) = _ended.Dequeue();
            _endedBytes -= bytes;
            if (sources.Any(s => _seen[s].ContainsKey(oldest)) || !Pods.Forget(oldest))
                continue;
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
