using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// What is known of pods and containers while events flow. Changes enter the stream between events, so that a sink sees exactly what each event
/// was named by. Used by the thread that hands on events, but for the sources, which report from their own.
/// </summary>
public sealed class LiveWorkloads : IDisposable
{
    private const string DefaultNamespace = "default";
    private const int CgroupsInGeneration = 8_192; // half of the kernel's slots: those on their way do not meet old ones
    private static readonly TimeSpan s_lookUpTime = TimeSpan.FromMilliseconds(250);

    private readonly IReadOnlyList<IWorkloadSource> _sources;
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<string> _lookedUp = [];
    private HashSet<WorkloadKey> _cgroups = [], _olderCgroups = [];
    private bool _lookUpHangs;

    /// <summary>Nothing is asked yet.</summary>
    /// <param name="sources">Who knows names, the most trusted first.</param>
    /// <param name="say">Told of troubles, once each.</param>
    public LiveWorkloads(IReadOnlyList<IWorkloadSource> sources, Action<string> say)
    {
        _sources = sources;
        Tracker = new WorkloadTracker(sources, say);
    }

    /// <summary>Has the kernel tell every cgroup again with its next event: those that nothing happens in can then be forgotten.</summary>
    internal Action TellCgroupsAgain { get; set; } = () => { };

    /// <summary>Passes on to the kernel what is not selected; null: everything is.</summary>
    internal CgroupJudge? Judge { get; set; }

    /// <summary>Where sources report to.</summary>
    public WorkloadTracker Tracker { get; }

    /// <summary>What the sources open again while they run.</summary>
    public IEnumerable<ReopenedFile> Reopened => _sources.SelectMany(s => s.Reopened);

    /// <summary>What is known now.</summary>
    public WorkloadView View { get; private set; } = WorkloadView.Empty;

    /// <summary>The Kubernetes namespace that the user works in; null: this is no node of a cluster.</summary>
    public string? Namespace => !Tracker.HasPodsOn(View.Host.Node.ToString()) ? null : _sources.Select(s => s.Namespace).FirstOrDefault(n => n is not null) ?? DefaultNamespace;

    /// <summary>Starts asking, and waits a little for first answers, so that the first events have names, too.</summary>
    /// <param name="longest">How long.</param>
    public void Start(TimeSpan longest)
    {
        foreach (IWorkloadSource source in _sources)
            _ = Task.Run(() => source.RunAsync(Tracker, _end.Token));
        Tracker.AwaitAnswers(longest);
    }

    /// <summary>From here on events are named.</summary>
    /// <param name="node">This node.</param>
    public void Begin(string node) => View = new WorkloadView(new SafeText(node)).With(Tracker.Take());

    /// <summary>Takes in what the sources have reported.</summary>
    public void Update(IEventSink sink)
    {
        if (!Tracker.HasChanges)
            return;
        _lookUpHangs = false;
        Apply(Tracker.Take(), sink);
    }

    /// <summary>A cgroup is seen for the first time: the event that follows happened in it.</summary>
    /// <param name="cgroup">Its names.</param>
    /// <param name="slot">Where the kernel looks for the verdict on it; null: it looks nowhere.</param>
    /// <param name="sink">Told as well.</param>
    public void OnCgroup(CgroupInfo cgroup, uint? slot, IEventSink sink)
    {
        if (cgroup.Names.ContainerId.Length > 0 && !View.Index.Containers.ContainsKey(cgroup.Names.ContainerId))
            LookUp(cgroup.Names);
        WorkloadChange change = Tracker.Take() with { Cgroups = [cgroup] };
        _cgroups.Add(cgroup.Key);
        if (_cgroups.Count >= CgroupsInGeneration)
        {
            change = change with { Forgotten = [.. change.Forgotten, .. _olderCgroups.Except(_cgroups)] };
            (_olderCgroups, _cgroups) = (_cgroups, []);
            TellCgroupsAgain();
            Judge?.Clear();
        }
        Apply(change, sink);
        if (slot is { } place)
            Judge?.Add(place, cgroup, View);
    }

    /// <summary>
    /// Asks for a container at once, and waits: a connection is worth more with a name. Nobody is asked twice for one container, and after an
    /// answer that did not come in time none is waited for until the sources have something to say again.
    /// </summary>
    private void LookUp(CgroupNames names)
    {
        if (_sources.Count == 0 || (_lookUpHangs && !Tracker.HasChanges) || !_lookedUp.Add(names.ContainerId))
            return;
        if (_lookedUp.Count > CgroupsInGeneration)
            _lookedUp.Clear();
        using var time = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        time.CancelAfter(s_lookUpTime);
        Task all = Task.WhenAll(_sources.Select(s => Task.Run(() => s.LookUpAsync(names.ContainerId, names.PodUid, Tracker, time.Token))));
        try
        {
            _lookUpHangs = !all.Wait(s_lookUpTime);
        }
        catch (AggregateException)
        {
            _lookUpHangs = time.IsCancellationRequested; // what went wrong the source has reported
        }
    }

    private void Apply(WorkloadChange change, IEventSink sink)
    {
        if (change.IsEmpty)
            return;
        View = View.With(change);
        Judge?.Review(View);
        sink.OnWorkloads(change, View);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }
}
