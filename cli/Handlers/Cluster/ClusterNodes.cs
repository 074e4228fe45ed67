using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>
/// The nodes whose agents are read: those that are there when it starts, and those that join. The list of agents is asked for every few
/// seconds. Any thread may use it.
/// </summary>
/// <param name="api">The API server.</param>
/// <param name="agents">The agents.</param>
/// <param name="names">Which nodes are wanted.</param>
internal sealed class ClusterNodes(ClusterApi api, AgentList agents, NameList names)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5), s_shortest = TimeSpan.FromSeconds(1);
    private readonly object _lock = new();
    private readonly List<NodeStream> _streams = [];
    private readonly HashSet<string> _waiting = [];
    private IReadOnlyList<AgentPod> _pods = [];
    private StreamRequest? _request;
    private long _askedAt = long.MinValue / 2;
    private bool _isAskedInVain;

    public ClusterApi Api => api;

    /// <summary>All streams so far.</summary>
    public IReadOnlyList<NodeStream> Streams
    {
        get
        {
            lock (_lock)
                return [.. _streams];
        }
    }

    /// <summary>Wanted nodes whose agents did not run, and so gave nothing.</summary>
    public IReadOnlyList<string> Unread
    {
        get
        {
            lock (_lock)
                return [.. _waiting.Where(n => _streams.All(s => s.Node != n)).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>Whether nothing more will come. Whoever follows waits for agents that are to run.</summary>
    public bool HasEnded => Streams is var all && (all.Count > 0 || _request?.Follow == false) && all.All(s => s.HasEnded);

    /// <summary>What made the whole run fail; null: nothing.</summary>
    public Exception? Failure => Streams.FirstOrDefault(s => s.Failure is not null)?.Failure;

    /// <summary>Begins to read the agents that run.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public void Start(StreamRequest request)
    {
        _request = request;
        IReadOnlyList<AgentPod> all = List();
        if (all.Count == 0)
            throw ClusterFailure.NoAgents(agents.Namespace);
        if (all.All(p => !names.Matches(p.Node)))
            throw ClusterFailure.NoSuchNode([.. all.Select(p => p.Node).Where(n => n.Length > 0)]);
        Take(all, isFirst: true);
    }

    /// <summary>Asks for the agents again, if that was not done just now.</summary>
    public void Refresh() => Refresh(s_shortest);

    /// <summary>The same for whoever does it all the time.</summary>
    public void Watch() => Refresh(s_period);

    private void Refresh(TimeSpan pause)
    {
        lock (_lock)
        {
            if (Environment.TickCount64 - _askedAt < pause.TotalMilliseconds)
                return;
            _askedAt = Environment.TickCount64;
        }
        try
        {
            Take(List(), isFirst: false);
            _isAskedInVain = false;
        }
        catch (ClusterException e)
        {
            if (!_isAskedInVain)
                Messages.Say($"{ClusterFailure.Of(e, api)}; the streams that are open go on");
            _isAskedInVain = true;
        }
    }

    private IReadOnlyList<AgentPod> List() => agents.ListAsync(CancellationToken.None).GetAwaiter().GetResult();

    private void Take(IReadOnlyList<AgentPod> pods, bool isFirst)
    {
        lock (_lock)
        {
            _askedAt = Environment.TickCount64;
            _pods = pods;
            foreach (AgentPod pod in pods.Where(p => p.Node.Length > 0 && names.Matches(p.Node)))
            {
                if (_streams.Any(s => s.Node == pod.Node))
                    continue;
                if (pod.IsRunning)
                    Add(pod, isFirst);
                else if (!pod.IsGoing && _waiting.Add(pod.Node))
                    Messages.Say($"node {pod.Node}: its agent does not run yet{(pod.Problem.Length > 0 ? ": " : "")}{pod.Problem}");
            }
        }
    }

    private void Add(AgentPod pod, bool isFirst)
    {
        if (!isFirst && !_request!.Follow)
            return;
        var stream = new NodeStream(pod.Node, this, isFirst ? _request! : _request! with { SinceNs = null });
        _streams.Add(stream);
        if (!isFirst)
            Messages.Say($"node {pod.Node}: joined");
        stream.Start();
    }

    /// <summary>The agent on a node; null: none runs there.</summary>
    public AgentPod? PodOn(string node)
    {
        lock (_lock)
            return _pods.FirstOrDefault(p => p.Node == node && p.IsRunning);
    }

    /// <summary>Ends all streams, and waits for that.</summary>
    public void Stop()
    {
        IReadOnlyList<NodeStream> all = Streams;
        Parallel.ForEach(all, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, all.Count) }, s => s.Stop());
        foreach (NodeStream stream in all)
            stream.Join();
    }
}
