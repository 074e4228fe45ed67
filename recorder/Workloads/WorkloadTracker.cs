using System.Collections.Immutable;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// Brings together what the sources say and gives it its times: what is new or different since it was last asked comes out as one change.
/// Sources are asked for a pod's fields in the order in which they were given: the first that knows is believed.
/// </summary>
public sealed class WorkloadTracker(IReadOnlyList<IWorkloadSource> sources) : IWorkloadReceiver
{
    private const long ClaimsKeptNs = 60_000_000_000; // for events still on their way
    internal const int ContainersKept = 16_384;
    private const int EndedPodsKept = 4096; // a connection may close long after its pod
    private const int EndedServicesKept = 1024, EndedNodesKept = 1024;
    private const int EndedBytesKept = 32 << 20; // of pods whose names are long
    internal const int ClaimsKept = 256; // an address that changes all the time
    internal const int TroublesTold = 8; // of one source: what fails ever differently is not news any longer

    private readonly object _lock = new();
    private readonly Dictionary<IWorkloadSource, Dictionary<string, SeenPod>> _seen = sources.ToDictionary(s => s, _ => new Dictionary<string, SeenPod>(StringComparer.Ordinal));
    private readonly Dictionary<string, PodInfo> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ContainerInfo> _containers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServiceInfo> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeInfo> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _bootIds = new(StringComparer.Ordinal);
    private readonly Queue<(string Uid, int Bytes)> _ended = new();
    private readonly Queue<string> _containerIds = new(), _endedServices = new(), _endedNodes = new();
    private long _endedBytes;
    private readonly Dictionary<IWorkloadSource, SourceState> _states = sources.ToDictionary(s => s, _ => new SourceState(SourceStatus.Starting, ""));
    private readonly Dictionary<IWorkloadSource, HashSet<string>> _toldTroubles = sources.ToDictionary(s => s, _ => new HashSet<string>(StringComparer.Ordinal));
    private readonly HashSet<IWorkloadSource> _inToldTrouble = [];
    private Pending _pending = new();
    private volatile bool _hasChanges;

    private sealed class Pending
    {
        public readonly Dictionary<string, PodInfo> Pods = new(StringComparer.Ordinal);
        public readonly Dictionary<string, ContainerInfo> Containers = new(StringComparer.Ordinal);
        public readonly Dictionary<string, ServiceInfo> Services = new(StringComparer.Ordinal);
        public readonly Dictionary<string, NodeInfo> Nodes = new(StringComparer.Ordinal);
        public readonly List<WorkloadKey> Forgotten = [];
    }

    /// <summary>Told each trouble once, and its end.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>Whether <see cref="Take"/> has something.</summary>
    public bool HasChanges => _hasChanges;

    /// <summary>How each source is doing.</summary>
    public IReadOnlyList<(IWorkloadSource Source, SourceState State)> Sources
    {
        get
        {
            lock (_lock)
                return [.. sources.Select(s => (s, _states[s]))];
        }
    }

    /// <summary>Whether pods run on this machine. Who has a kubeconfig need not be on a node: it may be a laptop.</summary>
    /// <param name="node">This machine's name.</param>
    public bool HasPodsOn(string node)
    {
        lock (_lock)
        {
            return sources.Any(s => s.IsLocal && _seen[s].Count > 0) || _nodes.ContainsKey(node)
                || _pods.Values.Any(p => string.Equals(p.Node, node, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>The node that reports this boot id; null: none does.</summary>
    public string? NodeOfBoot(string bootId)
    {
        lock (_lock)
            return _bootIds.FirstOrDefault(n => n.Value == bootId && bootId.Length > 0).Key;
    }

    /// <summary>Waits until every source has answered or failed.</summary>
    public void AwaitAnswers(TimeSpan longest)
    {
        lock (_lock)
        {
            for (long end = Environment.TickCount64 + (long)longest.TotalMilliseconds; _states.Values.Any(s => s.Status == SourceStatus.Starting);)
            {
                long left = end - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_lock, (int)left))
                    return;
            }
        }
    }

    /// <summary>What has changed since it was last asked.</summary>
    public WorkloadChange Take()
    {
        lock (_lock)
        {
            Pending p = _pending;
            _pending = new Pending();
            _hasChanges = false;
            return new WorkloadChange(BootClock.Now)
            {
                Pods = [.. p.Pods.Values],
                Containers = [.. p.Containers.Values],
                Services = [.. p.Services.Values],
                Nodes = [.. p.Nodes.Values],
                Forgotten = [.. p.Forgotten],
            };
        }
    }

    /// <inheritdoc/>
    public void OnPods(IWorkloadSource source, IReadOnlyCollection<SeenPod> all)
    {
        lock (_lock)
        {
            Dictionary<string, SeenPod> before = _seen[source];
            Dictionary<string, SeenPod> now = _seen[source] = new(all.Count, StringComparer.Ordinal);
            foreach (SeenPod pod in all)
                now[pod.Uid] = pod;
            foreach (string uid in before.Keys.Union(now.Keys).ToList())
                Merge(uid);
        }
    }

    /// <inheritdoc/>
    public void OnPod(IWorkloadSource source, SeenPod pod)
    {
        lock (_lock)
        {
            _seen[source][pod.Uid] = pod;
            Merge(pod.Uid);
        }
    }

    /// <inheritdoc/>
    public void OnPodGone(IWorkloadSource source, string uid)
    {
        lock (_lock)
        {
            if (_seen[source].Remove(uid))
                Merge(uid);
        }
    }

    private void Merge(string uid)
    {
        List<SeenPod> seen = [.. sources.Select(s => _seen[s].GetValueOrDefault(uid)).OfType<SeenPod>()];
        _pods.TryGetValue(uid, out PodInfo? before);
        ClockSample clock = BootClock.Sample(ClockCause.Periodic);
        PodInfo pod;
        if (seen.Count > 0)
        {
            pod = new PodInfo(uid, seen[0].Namespace, seen[0].Name)
            {
                Node = seen.Select(s => s.Node).FirstOrDefault(n => n.Length > 0, ""),
                Owner = seen.Select(s => s.Owner).FirstOrDefault(o => o.Length > 0, ""),
                Labels = seen.Select(s => s.Labels).FirstOrDefault(l => l is not null) ?? PodInfo.NoLabels,
                Claims = Claims(before?.Claims ?? [], [.. seen.SelectMany(s => s.Addresses).Distinct()], seen.Max(s => s.SinceWallNs), in clock),
            };
        }
        else if (before is not null)
        {
            pod = before with { Claims = Claims(before.Claims, [], null, in clock) };
            Retire(before);
        }
        else
        {
            return;
        }
        // The API and the runtime call one image by different names: the more trusted is believed, or each report would be a change
        foreach (ContainerInfo container in seen.SelectMany(s => s.Containers).DistinctBy(c => c.Id))
        {
            if (!_containers.ContainsKey(container.Id))
                MakeRoomForContainer(container.Id);
            Note(_containers, _pending.Containers, container.Id, container);
        }
        Note(_pods, _pending.Pods, uid, pod);
    }

    /// <summary>An address that is still there keeps its time; one that is not ends now.</summary>
    private static ImmutableArray<AddressClaim> Claims(ImmutableArray<AddressClaim> before, ImmutableArray<Address> now, long? sinceWallNs, in ClockSample clock)
    {
        var claims = ImmutableArray.CreateBuilder<AddressClaim>();
        foreach (AddressClaim claim in before)
        {
            if (claim.UntilNs is null)
                claims.Add(now.Contains(claim.Address) ? claim : claim with { UntilNs = clock.BootNs });
            else if (claim.UntilNs > clock.BootNs - ClaimsKeptNs)
                claims.Add(claim);
        }
        foreach (Address address in now)
        {
            bool isOpen = before.Any(c => c.UntilNs is null && c.Address.Equals(address));
            if (isOpen)
                continue;
            bool isFirst = before.IsEmpty;
            long since = isFirst && sinceWallNs is { } wall ? Math.Min(clock.BootNs, clock.BootNs - (clock.WallNs - wall)) : clock.BootNs;
            claims.Add(new AddressClaim(address, since));
        }
        while (claims.Count > ClaimsKept && claims.FirstOrDefault(c => c.UntilNs is not null) is { UntilNs: not null } oldest)
            claims.Remove(oldest);
        return claims.ToImmutable();
    }

    private void Note<T>(Dictionary<string, T> known, Dictionary<string, T> pending, string key, T value) where T : class
    {
        if (known.TryGetValue(key, out T? before) && before.Equals(value))
            return;
        known[key] = pending[key] = value;
        _hasChanges = true;
    }

    private void Retire(PodInfo pod)
    {
        int bytes = NameSizes.Of(pod);
        _endedBytes += bytes;
        _ended.Enqueue((pod.Uid, bytes));
        while (_ended.Count > EndedPodsKept || _endedBytes > EndedBytesKept)
        {
            (string oldest, bytes) = _ended.Dequeue();
            _endedBytes -= bytes;
            if (sources.Any(s => _seen[s].ContainsKey(oldest)) || !_pods.Remove(oldest))
                continue;
            Forget(_pending.Pods, WorkloadKind.Pod, oldest);
            foreach (string id in _containers.Values.Where(c => c.PodUid == oldest).Select(c => c.Id).ToList())
            {
                _containers.Remove(id);
                Forget(_pending.Containers, WorkloadKind.Container, id);
            }
        }
    }

    /// <summary>A pod that crashes again and again has a new container each time.</summary>
    private void MakeRoomForContainer(string id)
    {
        _containerIds.Enqueue(id);
        if (_containerIds.Count <= ContainersKept)
            return;
        string oldest = _containerIds.Dequeue();
        if (!_containers.TryGetValue(oldest, out ContainerInfo? known))
            return;
        if (sources.Any(s => _seen[s].TryGetValue(known.PodUid, out SeenPod? pod) && pod.Containers.Any(c => c.Id == oldest)))
        {
            _containerIds.Enqueue(oldest);
            return;
        }
        _containers.Remove(oldest);
        Forget(_pending.Containers, WorkloadKind.Container, oldest);
    }

    private static bool IsThere(ServiceInfo service) => service.Claims.Any(c => c.UntilNs is null);

    private void Retire(ServiceInfo service)
    {
        _endedServices.Enqueue(service.Uid);
        while (_endedServices.Count > EndedServicesKept)
        {
            string oldest = _endedServices.Dequeue();
            if (_services.TryGetValue(oldest, out ServiceInfo? known) && !IsThere(known))
            {
                _services.Remove(oldest);
                Forget(_pending.Services, WorkloadKind.Service, oldest);
            }
        }
    }

    private void Forget<T>(Dictionary<string, T> pending, WorkloadKind kind, string key)
    {
        pending.Remove(key);
        _pending.Forgotten.Add(new WorkloadKey(kind, key));
        _hasChanges = true;
    }

    /// <inheritdoc/>
    public void OnServices(IWorkloadSource source, IReadOnlyCollection<SeenService> all)
    {
        lock (_lock)
        {
            HashSet<string> now = [.. all.Select(s => s.Uid)];
            foreach (ServiceInfo gone in _services.Values.Where(s => IsThere(s) && !now.Contains(s.Uid)).ToList())
                OnService(source, new SeenService(gone.Uid, gone.Namespace, gone.Name, [], null));
            foreach (SeenService service in all)
                OnService(source, service);
        }
    }

    /// <inheritdoc/>
    public void OnService(IWorkloadSource source, SeenService service)
    {
        lock (_lock)
        {
            if (service.Addresses.IsEmpty)
            {
                if (!_services.TryGetValue(service.Uid, out ServiceInfo? known) || !IsThere(known))
                    return;
                Retire(known);
            }
            ClockSample clock = BootClock.Sample(ClockCause.Periodic);
            ImmutableArray<AddressClaim> claims = Claims(_services.GetValueOrDefault(service.Uid)?.Claims ?? [], service.Addresses, service.SinceWallNs, in clock);
            Note(_services, _pending.Services, service.Uid, new ServiceInfo(service.Uid, service.Namespace, service.Name, claims));
        }
    }

    /// <inheritdoc/>
    public void OnNodes(IWorkloadSource source, IReadOnlyCollection<SeenNode> all)
    {
        lock (_lock)
        {
            HashSet<string> now = [.. all.Select(n => n.Name)];
            foreach (NodeInfo gone in _nodes.Values.Where(n => !now.Contains(n.Name)).ToList())
                OnNode(source, new SeenNode(gone.Name, [], "", null));
            foreach (SeenNode node in all)
                OnNode(source, node);
        }
    }

    /// <inheritdoc/>
    public void OnNode(IWorkloadSource source, SeenNode node)
    {
        lock (_lock)
        {
            ClockSample clock = BootClock.Sample(ClockCause.Periodic);
            ImmutableArray<AddressClaim> claims = Claims(_nodes.GetValueOrDefault(node.Name)?.Claims ?? [], node.Addresses, node.SinceWallNs, in clock);
            if (!node.Addresses.IsEmpty)
                _bootIds[node.Name] = node.BootId;
            else if (_nodes.ContainsKey(node.Name))
                Retire(node.Name);
            else
                return;
            Note(_nodes, _pending.Nodes, node.Name, new NodeInfo(node.Name, claims));
        }
    }

    private void Retire(string node)
    {
        if (!_bootIds.Remove(node))
            return;
        _endedNodes.Enqueue(node);
        while (_endedNodes.Count > EndedNodesKept)
        {
            string oldest = _endedNodes.Dequeue();
            if (!_bootIds.ContainsKey(oldest) && _nodes.Remove(oldest))
                Forget(_pending.Nodes, WorkloadKind.Node, oldest);
        }
    }

    /// <inheritdoc/>
    public void OnSynced(IWorkloadSource source) => SetState(source, new SourceState(SourceStatus.Answering, ""));

    /// <inheritdoc/>
    public void OnNothingToAsk(IWorkloadSource source, string why) => SetState(source, new SourceState(SourceStatus.Unused, why));

    /// <inheritdoc/>
    public void OnTrouble(IWorkloadSource source, string sentence)
    {
        SetState(source, new SourceState(SourceStatus.Failing, sentence));
        bool isNew;
        lock (_lock)
        {
            isNew = _toldTroubles[source].Count < TroublesTold && _toldTroubles[source].Add(sentence);
            if (isNew)
                _inToldTrouble.Add(source);
        }
        if (isNew)
            Say(sentence);
    }

    /// <inheritdoc/>
    public void OnRecovered(IWorkloadSource source)
    {
        bool isNews; // a trouble that was told before is not told again, and neither is its end
        lock (_lock)
            isNews = _inToldTrouble.Remove(source);
        SetState(source, new SourceState(SourceStatus.Answering, ""));
        if (isNews)
            Say($"{source.Description} answers again");
    }

    private void SetState(IWorkloadSource source, SourceState state)
    {
        lock (_lock)
        {
            _states[source] = state;
            Monitor.PulseAll(_lock);
        }
    }
}

/// <summary>How a source is doing.</summary>
/// <param name="Status">In a word.</param>
/// <param name="Trouble">What is wrong, as a sentence; empty: nothing.</param>
public sealed record SourceState(SourceStatus Status, string Trouble);

/// <summary>Whether a source answers.</summary>
public enum SourceStatus
{
    /// <summary>Not yet.</summary>
    Starting,

    /// <summary>It does.</summary>
    Answering,

    /// <summary>It does not, and keeps being asked.</summary>
    Failing,

    /// <summary>It has no names, and need not have.</summary>
    Unused,
}
