using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// The names of pods and containers while events flow. Changes enter the stream between events, so that a sink sees exactly the
/// names that each event got. For the thread that hands on events; sources report from threads of their own. <see
/// cref="Dispose"/> ends them.
/// </summary>
public sealed class LiveWorkloads : IDisposable
{
    private const string DefaultNamespace = "default";
    private const int CgroupsInGeneration = 8_192; // half of the slots: a record still in the ring never has a slot that was reused
    private static readonly TimeSpan s_lookUpTime = TimeSpan.FromMilliseconds(250);

    private readonly IReadOnlyList<IWorkloadSource> _sources;
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<string> _lookedUp = [];
    private HashSet<WorkloadKey> _cgroups = [], _olderCgroups = [];
    private readonly UnnamedCounter _unnamed = new();
    private bool _lookUpHangs;

    /// <summary>Asks nothing yet.</summary>
    /// <param name="sources">The sources of names, the most trusted first.</param>
    /// <param name="say">Gets a sentence for each problem, and one for its end. On any thread.</param>
    public LiveWorkloads(IReadOnlyList<IWorkloadSource> sources, Action<string> say)
    {
        _sources = sources;
        Tracker = new WorkloadTracker(sources, say);
    }

    /// <summary>
    /// Makes the kernel's programs send every cgroup again before its next event. Then idle cgroups can be
    /// forgotten.
    /// </summary>
    internal Action ReportCgroupsAgain { get; set; } = () => { };

    /// <summary>Lets the kernel's programs know which cgroups are not selected; null: all are.</summary>
    internal CgroupJudge? Judge { get; set; }

    /// <summary>Sources report to it.</summary>
    public WorkloadTracker Tracker { get; }

    /// <summary>The files that the sources open again while they run.</summary>
    public IEnumerable<ReopenedFile> Reopened => _sources.SelectMany(s => s.Reopened);

    /// <summary>The names that are known now.</summary>
    public WorkloadView View { get; private set; } = WorkloadView.Empty;

    /// <summary>The Kubernetes namespace that the user works in; null: this machine is not a node of a cluster.</summary>
    public string? Namespace => Tracker.HasPodsOn(View.Host.Node.ToString())
        ? _sources.Select(s => s.Namespace).FirstOrDefault(n => n is not null) ?? DefaultNamespace
        : null;

    /// <summary>How the sources did until now, and how many events have no name.</summary>
    public NamesAtEnd NamesAtEnd() => new([.. Tracker.Histories.Select(h => SourceOf(h.Source, h.State, h.History))], _unnamed.Counts);

    private static SourceAtEnd SourceOf(IWorkloadSource source, SourceState state, SourceHistory history) => new(source.Description,
        state.Status switch
        {
            SourceStatus.Unused => "unused",
            SourceStatus.Starting => "silent",
            _ => history.Fails ? "failing" : "answering",
        })
    {
        Problem = state.Problem,
        FirstNs = history.FirstNs,
        LastNs = history.LastNs,
        Failures = history.Failures,
        FailedNs = history.FailedNs,
    };

    /// <summary>Notes an event that has got its names.</summary>
    internal void Count(in TcpEvent e) => _unnamed.Add(e.Workload, Tracker);

    /// <summary>Starts the sources, and waits for their first answers, so that the first events have names, too.</summary>
    /// <param name="longest">How long to wait at most.</param>
    public void Start(TimeSpan longest)
    {
        foreach (IWorkloadSource source in _sources)
            _ = Task.Run(() => source.RunAsync(Tracker, _end.Token));
        Tracker.AwaitAnswers(longest);
    }

    /// <summary>Makes the first view, with the names that are known by now.</summary>
    /// <param name="node">The name of this machine.</param>
    public void Begin(string node) => View = new WorkloadView(new SafeText(node)).With(Tracker.Take());

    /// <summary>Puts what the sources have reported into the view and into the stream.</summary>
    public void Update(IEventSink sink)
    {
        if (!Tracker.HasChanges)
            return;
        _lookUpHangs = false;
        Apply(Tracker.Take(), sink);
    }

    /// <summary>A cgroup is seen for the first time. The next event happened in it.</summary>
    /// <param name="cgroup">Its names.</param>
    /// <param name="slot">The slot for its verdict; null: the kernel's programs did not send it.</param>
    /// <param name="sink">Gets the change.</param>
    public void OnCgroup(CgroupInfo cgroup, uint? slot, IEventSink sink)
    {
        if (cgroup.Names.ContainerId.Length > 0 && !View.Index.Containers.ContainsKey(cgroup.Names.ContainerId))
        {
            LookUp(cgroup.Names);
            Tracker.OnUnnamedContainer(cgroup.Names.ContainerId, cgroup.Names.PodUid);
        }
        WorkloadChange change = Tracker.Take() with { Cgroups = [cgroup] };
        _cgroups.Add(cgroup.Key);
        if (_cgroups.Count >= CgroupsInGeneration)
        {
            change = change with { Forgotten = [.. change.Forgotten, .. _olderCgroups.Except(_cgroups)] };
            (_olderCgroups, _cgroups) = (_cgroups, []);
            ReportCgroupsAgain();
            Judge?.Clear();
        }
        Apply(change, sink);
        if (slot is { } place)
            Judge?.Add(place, cgroup, View);
    }

    /// <summary>
    /// Asks all sources for a container, and waits a short time: a connection is worth more with a name. No container is asked
    /// for twice. If an answer did not come in time, no further container is asked for until the sources report something again.
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
            _lookUpHangs = time.IsCancellationRequested; // the source has reported what went wrong
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
