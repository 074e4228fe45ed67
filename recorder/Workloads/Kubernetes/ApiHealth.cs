namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// How the watches are doing. Each resource has a state of its own. A change is reported once every watch has had its first answer or
/// failed: the beginning of a problem at most once a minute for each resource, its end at once. A server that is away is one problem,
/// however many watches notice it, and in whatever words: it begins with the first of them, and ends with the last. Any thread may call.
/// </summary>
/// <param name="source">The API.</param>
/// <param name="receiver">Gets the reports.</param>
/// <param name="origin">Where the server and the credentials are written, for people.</param>
/// <param name="pods">The resource without which there are no names.</param>
/// <param name="resources">All resources that are watched.</param>
/// <param name="quiet">So long after a problem of a resource was reported, no other one of it is.</param>
internal sealed class ApiHealth(
    IWorkloadSource source, IWorkloadReceiver receiver, string origin, string pods, IReadOnlyList<string> resources, TimeSpan quiet)
{
    private readonly object _lock = new();
    private readonly Dictionary<string, ApiProblem?> _states = [];
    private readonly Dictionary<string, ApiProblemKind> _told = []; // what was reported, and has not ended
    private readonly Dictionary<string, long> _toldAt = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _hasPods, _isSynced;

    /// <summary>Ends when every watch has had its first answer or failed.</summary>
    public Task FirstAnswers => _first.Task;

    /// <summary>The server has answered about a resource.</summary>
    public void Answered(string resource)
    {
        lock (_lock)
        {
            _states[resource] = null;
            _hasPods |= resource == pods;
            Report();
        }
    }

    /// <summary>The watch of a resource has failed.</summary>
    public void Failed(string resource, ApiProblem problem)
    {
        lock (_lock)
        {
            _states[resource] = problem;
            Report();
        }
    }

    private static bool IsOfServer(ApiProblemKind kind) => kind is not (ApiProblemKind.Forbidden or ApiProblemKind.OddAnswer);

    private void Report()
    {
        if (_states.Count < resources.Count)
            return;
        receiver.OnAnswering(source, fails: _states.Values.Any(p => p is not null));
        ReportEnds();
        if (_hasPods && !_isSynced && !_told.Values.Any(IsOfServer))
        {
            _isSynced = true;
            receiver.OnSynced(source);
        }
        ReportBeginnings();
        _first.TrySetResult();
    }

    private void ReportEnds()
    {
        bool isServerAway = _told.Any(t => IsOfServer(t.Value) && _states[t.Key] is { } problem && IsOfServer(problem.Kind));
        string[] ended = [.. resources.Where(r => _told.TryGetValue(r, out ApiProblemKind told)
            && _states[r] is null && !(isServerAway && IsOfServer(told)))];
        if (ended.Length == 0)
            return;
        foreach (string resource in ended)
            _told.Remove(resource);
        if (_told.Count == 0)
            receiver.OnRecovered(source);
        else
            receiver.OnPartlyRecovered(source, string.Join(", ", ended));
    }

    private void ReportBeginnings()
    {
        long now = Environment.TickCount64;
        string[] begun = [.. resources.Where(r => _states[r] is { } problem && !IsTold(r, problem) && !WasToldLately(r, now))];
        if (begun.Length == 0)
            return;
        List<string> sentences = [];
        foreach (var alike in begun.GroupBy(r => Alike(_states[r]!)))
        {
            bool isNews = !(IsOfServer(alike.Key.Kind) && _told.ContainsValue(alike.Key.Kind));
            if (isNews)
                sentences.Add(Sentence(_states[alike.First()]!, string.Join(", ", alike)));
            foreach (string resource in alike)
            {
                _told[resource] = alike.Key.Kind;
                if (isNews)
                    _toldAt[resource] = now;
            }
        }
        if (sentences.Count > 0)
            receiver.OnProblem(source, string.Join("; ", sentences));
    }

    private bool IsTold(string resource, ApiProblem problem) =>
        _told.TryGetValue(resource, out ApiProblemKind told) && told == problem.Kind;

    private bool WasToldLately(string resource, long now) =>
        _toldAt.TryGetValue(resource, out long at) && now - at < quiet.TotalMilliseconds && !IsPartOfOutage(resource);

    /// <summary>Whether the same problem of the server was reported for another resource: then this one is no news.</summary>
    private bool IsPartOfOutage(string resource) => IsOfServer(_states[resource]!.Kind) && _told.ContainsValue(_states[resource]!.Kind);

    private string Sentence(ApiProblem problem, string what)
    {
        (ApiProblemKind kind, string verb, string why) = problem;
        return kind switch
        {
            ApiProblemKind.Forbidden =>
                $"the {source.Description} does not let {(why.Length > 0 ? $"'{why}'" : "us")} {verb} {what} of all namespaces (403): "
                + "their names will be missing; have a ClusterRole grant the verbs get, list and watch on pods, services and nodes",
            ApiProblemKind.Unauthorized =>
                $"the {source.Description} does not accept the credentials of {origin} (401): names will be missing; "
                + "renew them, or choose others with --kubeconfig or --context",
            ApiProblemKind.NoTls => $"the {source.Description} cannot be asked: {why}; names that only it knows are missing",
            _ => $"the {source.Description} cannot be used: {why}; names of pods may be missing or old until it can",
        };
    }

    /// <summary>
    /// What two problems must have in common to be one sentence. A problem of the server may have other words for each watch: the
    /// first stand for all.
    /// </summary>
    private static ApiProblem Alike(ApiProblem problem) =>
        problem.Kind == ApiProblemKind.Forbidden ? problem : problem with { Verb = "", Why = "" };
}
