using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// Combines the reports of all sources and adds their times. <see cref="Take"/> returns what has changed as one change. Any
/// thread may call.
/// </summary>
/// <param name="sources">The sources of names, the most trusted first.</param>
/// <param name="say">Gets a sentence for each problem, and one for its end; null: nobody does.</param>
public sealed class WorkloadTracker(IReadOnlyList<IWorkloadSource> sources, Action<string>? say = null) : IWorkloadReceiver
{
    private readonly object _lock = new();
    private readonly SourceStates _states = new(sources, say ?? (_ => { }));
    private readonly KnownPods _pods = new(sources);
    private readonly KnownServices _services = new();
    private readonly KnownNodes _nodes = new();

    /// <summary>Whether <see cref="Take"/> would return something.</summary>
    public bool HasChanges =>
        _pods.Pods.HasChanges || _pods.Containers.HasChanges || _services.Services.HasChanges || _nodes.Nodes.HasChanges;

    /// <summary>How each source is doing.</summary>
    public IReadOnlyList<(IWorkloadSource Source, SourceState State)> Sources => _states.All;

    /// <summary>How each source did until now.</summary>
    public IReadOnlyList<(IWorkloadSource Source, SourceState State, SourceHistory History)> Histories => _states.Histories;

    /// <summary>Whether pods run on this machine. A machine with a kubeconfig need not be a node: it may be a laptop.</summary>
    /// <param name="node">This machine's name.</param>
    public bool HasPodsOn(string node)
    {
        lock (_lock)
        {
            return sources.Any(s => s.IsLocal && _pods.HasAny(s)) || _nodes.Nodes.Find(node) is not null
                || _pods.Pods.All.Any(p => string.Equals(p.Node, node, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>The node that reports this boot id; null: none does.</summary>
    public string? NodeOfBoot(string bootId)
    {
        lock (_lock)
            return _nodes.OfBoot(bootId);
    }

    /// <summary>Waits until every source has answered or failed.</summary>
    public void AwaitAnswers(TimeSpan longest) => _states.AwaitAnswers(longest);

    /// <summary>Reports the sources that have not answered yet, and later their first answers.</summary>
    public void ReportSilent()
    {
        foreach ((IWorkloadSource source, _) in Sources.Where(s => s.State.Status == SourceStatus.Starting))
            _states.OnSilence(source);
    }

    /// <summary>What has changed since this was last called.</summary>
    public WorkloadChange Take()
    {
        lock (_lock)
        {
            var (pods, forgottenPods) = _pods.Pods.Take();
            var (containers, forgottenContainers) = _pods.Containers.Take();
            var (services, forgottenServices) = _services.Services.Take();
            var (nodes, forgottenNodes) = _nodes.Nodes.Take();
            return new WorkloadChange(BootClock.Now)
            {
                Pods = [.. pods],
                Containers = [.. containers],
                Services = [.. services],
                Nodes = [.. nodes],
                Forgotten = [.. forgottenPods, .. forgottenContainers, .. forgottenServices, .. forgottenNodes],
            };
        }
    }

    /// <summary>A process was seen in a container that no source has named yet.</summary>
    /// <param name="containerId">The id of the container.</param>
    /// <param name="podUid">The pod that its cgroup names; empty: none.</param>
    public void OnUnnamedContainer(string containerId, string podUid)
    {
        lock (_lock)
            _pods.OnUnnamed(containerId, podUid);
    }

    /// <inheritdoc/>
    public void OnPods(IWorkloadSource source, IReadOnlyCollection<ReportedPod> all)
    {
        lock (_lock)
            _pods.Replace(source, all);
    }

    /// <inheritdoc/>
    public void OnPod(IWorkloadSource source, ReportedPod pod)
    {
        lock (_lock)
            _pods.Note(source, pod);
    }

    /// <inheritdoc/>
    public void OnPodGone(IWorkloadSource source, string uid)
    {
        lock (_lock)
            _pods.Remove(source, uid);
    }

    /// <inheritdoc/>
    public void OnServices(IWorkloadSource source, IReadOnlyCollection<SeenService> all)
    {
        lock (_lock)
        {
            _services.Replace(all);
            _services.OnNodes(AddressesOfNodes);
        }
    }

    /// <inheritdoc/>
    public void OnService(IWorkloadSource source, SeenService service)
    {
        lock (_lock)
        {
            _services.Note(service);
            _services.OnNodes(AddressesOfNodes);
        }
    }

    /// <inheritdoc/>
    public void OnNodes(IWorkloadSource source, IReadOnlyCollection<SeenNode> all)
    {
        lock (_lock)
        {
            _nodes.Replace(all);
            _services.OnNodes(AddressesOfNodes);
        }
    }

    /// <inheritdoc/>
    public void OnNode(IWorkloadSource source, SeenNode node)
    {
        lock (_lock)
        {
            _nodes.Note(node);
            _services.OnNodes(AddressesOfNodes);
        }
    }

    private IEnumerable<Address> AddressesOfNodes() =>
        _nodes.Nodes.All.SelectMany(n => n.Claims).Where(c => c.UntilNs is null).Select(c => c.Address);

    /// <inheritdoc/>
    public void OnSynced(IWorkloadSource source) => _states.OnSynced(source);

    /// <inheritdoc/>
    public void OnNothingToAsk(IWorkloadSource source, string why) => _states.Set(source, SourceStatus.Unused, why);

    /// <inheritdoc/>
    public void OnProblem(IWorkloadSource source, string sentence) => _states.OnProblem(source, sentence);

    /// <inheritdoc/>
    public void OnRecovered(IWorkloadSource source) => _states.OnRecovered(source);

    /// <inheritdoc/>
    public void OnPartlyRecovered(IWorkloadSource source, string what) => _states.OnPartlyRecovered(source, what);

    /// <inheritdoc/>
    public void OnAnswering(IWorkloadSource source, bool fails) => _states.OnAnswering(source, fails);
}
