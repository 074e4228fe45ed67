namespace TcpTracer.Recorder.Workloads;

/// <summary>How each source is doing. A trouble is told once, and so is its end. From any thread.</summary>
/// <param name="sources">All of them.</param>
/// <param name="say">Told the sentences.</param>
internal sealed class SourceStates(IReadOnlyList<IWorkloadSource> sources, Action<string> say)
{
    /// <summary>Of one source: what fails ever differently is not news any longer.</summary>
    public const int TroublesTold = 8;

    private readonly object _lock = new();
    private readonly Dictionary<IWorkloadSource, SourceState> _states = sources.ToDictionary(s => s, _ => new SourceState(SourceStatus.Starting, ""));
    private readonly Dictionary<IWorkloadSource, HashSet<string>> _toldTroubles = sources.ToDictionary(s => s, _ => new HashSet<string>(StringComparer.Ordinal));
    private readonly HashSet<IWorkloadSource> _inToldTrouble = [];

    /// <summary>Each with its state.</summary>
    public IReadOnlyList<(IWorkloadSource Source, SourceState State)> All
    {
        get
        {
            lock (_lock)
                return [.. sources.Select(s => (s, _states[s]))];
        }
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

    /// <summary>It is so now, and that is no news.</summary>
    public void Set(IWorkloadSource source, SourceStatus status, string trouble = "")
    {
        lock (_lock)
        {
            _states[source] = new SourceState(status, trouble);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>It fails.</summary>
    public void OnTrouble(IWorkloadSource source, string sentence)
    {
        Set(source, SourceStatus.Failing, sentence);
        bool isNew;
        lock (_lock)
        {
            isNew = _toldTroubles[source].Count < TroublesTold && _toldTroubles[source].Add(sentence);
            if (isNew)
                _inToldTrouble.Add(source);
        }
        if (isNew)
            say(sentence);
    }

    /// <summary>It has not answered yet, and is no longer waited for: told, and so will its first answer be.</summary>
    public void OnSilence(IWorkloadSource source)
    {
        lock (_lock)
            _inToldTrouble.Add(source);
        say($"the {source.Description} has not answered yet; events have no names from it until it does");
    }

    /// <summary>Its first full answer is in.</summary>
    public void OnSynced(IWorkloadSource source) => OnAnswer(source, $"the {source.Description} answers now");

    /// <summary>It answers again.</summary>
    public void OnRecovered(IWorkloadSource source) => OnAnswer(source, $"{source.Description} answers again");

    private void OnAnswer(IWorkloadSource source, string news)
    {
        bool isNews; // a trouble that was told before is not told again, and neither is its end
        lock (_lock)
            isNews = _inToldTrouble.Remove(source);
        Set(source, SourceStatus.Answering);
        if (isNews)
            say(news);
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
