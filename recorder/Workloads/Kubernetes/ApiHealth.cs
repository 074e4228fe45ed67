namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// Sums up how the watches are doing, and reports it. It reports nothing before every watch has had its first answer or failed.
/// Then it reports one sentence for all that is wrong, and only when that changes. Any thread may call.
/// </summary>
/// <param name="source">The API.</param>
/// <param name="receiver">Gets the reports.</param>
/// <param name="origin">Where the server and the credentials are written, for people.</param>
/// <param name="pods">The resource without which there are no names.</param>
/// <param name="resources">All resources that are watched.</param>
internal sealed class ApiHealth(
    IWorkloadSource source, IWorkloadReceiver receiver, string origin, string pods, IReadOnlyList<string> resources)
{
    private readonly object _lock = new();
    private readonly Dictionary<string, ApiProblem?> _states = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _reported = "";
    private bool _hasPods, _isSynced;

    /// <summary>Ends when every watch has had its first answer or failed.</summary>
    public Task FirstAnswers => _first.Task;

    /// <summary>The server has answered about a resource.</summary>
    public void Answered(string resource)
    {
        lock (_lock)
        {
            // If the server answers one watch, it is there for the others, too: their problems need not be reported one by one
            foreach (string other in _states.Keys.Where(r => IsOfServer(_states[r])).ToList())
                _states[other] = null;
            _states[resource] = null;
            _hasPods |= resource == pods;
            Report();
        }
    }

    private static bool IsOfServer(ApiProblem? problem) => problem is { Kind: not (ApiProblemKind.Forbidden or ApiProblemKind.OddAnswer) };

    /// <summary>The watch of a resource has failed.</summary>
    public void Failed(string resource, ApiProblem problem)
    {
        lock (_lock)
        {
            _states[resource] = problem;
            Report();
        }
    }

    private void Report()
    {
        if (_states.Count < resources.Count)
            return;
        string now = string.Join("; ", Sentences());
        if (_reported.Length > 0 && now != _reported && _states[pods] is null)
            receiver.OnRecovered(source);
        if (_hasPods && !_isSynced)
        {
            _isSynced = true;
            receiver.OnSynced(source);
        }
        if (now.Length > 0 && now != _reported)
            receiver.OnProblem(source, now);
        _reported = now;
        _first.TrySetResult();
    }

    private IEnumerable<string> Sentences()
    {
        foreach (var alike in resources.Where(r => _states[r] is not null).GroupBy(r => Alike(_states[r]!)))
        {
            (ApiProblemKind kind, string verb, string why) = _states[alike.First()]!;
            string what = string.Join(", ", alike);
            yield return kind switch
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
    }

    /// <summary>
    /// What two problems must have in common to be one sentence. A problem of the server may have other words for each watch: the
    /// first stand for all.
    /// </summary>
    private static ApiProblem Alike(ApiProblem problem) =>
        problem.Kind == ApiProblemKind.Forbidden ? problem : problem with { Verb = "", Why = "" };
}
