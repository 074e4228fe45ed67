namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// Makes one state of how the watches are doing, and tells it: nothing before each has had its first answer or failed, then one sentence for
/// all that is wrong, and only when that changes.
/// </summary>
internal sealed class ApiHealth(IWorkloadSource source, IWorkloadReceiver receiver, string origin, string pods, IReadOnlyList<string> resources)
{
    private readonly object _lock = new();
    private readonly Dictionary<string, ApiTrouble?> _states = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _told = "";
    private bool _hasPods, _isSynced;

    /// <summary>Ends when every watch has had its first answer or failed.</summary>
    public Task FirstAnswers => _first.Task;

    /// <summary>Nothing is wrong with a resource.</summary>
    public void Answered(string resource)
    {
        lock (_lock)
        {
            // If the server answers one, it is there for the others, too: theirs need not be told on the way back
            foreach (string other in _states.Where(s => s.Value is { Kind: not (ApiTroubleKind.Forbidden or ApiTroubleKind.OddAnswer) }).Select(s => s.Key).ToList())
                _states[other] = null;
            _states[resource] = null;
            _hasPods |= resource == pods;
            Tell();
        }
    }

    /// <summary>Something is.</summary>
    public void Failed(string resource, ApiTrouble trouble)
    {
        lock (_lock)
        {
            _states[resource] = trouble;
            Tell();
        }
    }

    private void Tell()
    {
        if (_states.Count < resources.Count)
            return;
        string now = string.Join("; ", Sentences());
        if (_told.Length > 0 && now != _told && _states[pods] is null)
            receiver.OnRecovered(source);
        if (_hasPods && !_isSynced)
        {
            _isSynced = true;
            receiver.OnSynced(source);
        }
        if (now.Length > 0 && now != _told)
            receiver.OnTrouble(source, now);
        _told = now;
        _first.TrySetResult();
    }

    private IEnumerable<string> Sentences()
    {
        // What is the server's affair may be put in words that differ each time: the first will do for all
        foreach (var alike in resources.Where(r => _states[r] is not null).GroupBy(r => _states[r] is { Kind: ApiTroubleKind.Forbidden } t ? t : _states[r]! with { Verb = "", Why = "" }))
        {
            (ApiTroubleKind kind, string verb, string why) = _states[alike.First()]!;
            string what = string.Join(", ", alike);
            yield return kind switch
            {
                ApiTroubleKind.Forbidden =>
                    $"the {source.Description} does not let {(why.Length > 0 ? $"'{why}'" : "us")} {verb} {what} of all namespaces (403): their names will be missing;"
                    + " have a ClusterRole grant the verbs get, list and watch on pods, services and nodes",
                ApiTroubleKind.Unauthorized =>
                    $"the {source.Description} does not accept the credentials of {origin} (401): names will be missing; renew them, or choose others with --kubeconfig or --context",
                ApiTroubleKind.NoTls => $"the {source.Description} cannot be asked: {why}; names that only it knows are missing",
                _ => $"the {source.Description} cannot be used: {why}; names of pods may be missing or old until it can",
            };
        }
    }
}
