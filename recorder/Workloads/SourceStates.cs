namespace TcpTracer.Recorder.Workloads;

/// <summary>How each source is doing. A problem is reported once, and so is its end. Any thread may call.</summary>
/// <param name="sources">All sources.</param>
/// <param name="say">Gets the sentences.</param>
internal sealed class SourceStates(IReadOnlyList<IWorkloadSource> sources, Action<string> say)
{
    /// <summary>So many different problems of one source are reported. A source that fails in ever new ways is no news any more.</summary>
    public const int MostReported = 8;

    private readonly object _lock = new();
    private readonly Dictionary<IWorkloadSource, SourceState> _states =
        sources.ToDictionary(s => s, _ => new SourceState(SourceStatus.Starting, ""));
    private readonly Dictionary<IWorkloadSource, HashSet<string>> _reportedProblems =
        sources.ToDictionary(s => s, _ => new HashSet<string>(StringComparer.Ordinal));
    private readonly HashSet<IWorkloadSource> _inReportedProblem = [];

    /// <summary>Each source with its state.</summary>
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
            long end = Environment.TickCount64 + (long)longest.TotalMilliseconds;
            while (_states.Values.Any(s => s.Status == SourceStatus.Starting))
            {
                long left = end - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_lock, (int)left))
                    return;
            }
        }
    }

    /// <summary>Sets the state of a source, and reports nothing.</summary>
    public void Set(IWorkloadSource source, SourceStatus status, string problem = "")
    {
        lock (_lock)
        {
            _states[source] = new SourceState(status, problem);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>A source fails.</summary>
    public void OnProblem(IWorkloadSource source, string sentence)
    {
        Set(source, SourceStatus.Failing, sentence);
        bool isNew;
        lock (_lock)
        {
            isNew = _reportedProblems[source].Count < MostReported && _reportedProblems[source].Add(sentence);
            if (isNew)
                _inReportedProblem.Add(source);
        }
        if (isNew)
            say(sentence);
    }

    /// <summary>
    /// A source has not answered yet, and nobody waits for it any longer. That is reported, and later its first answer is.
    /// </summary>
    public void OnSilence(IWorkloadSource source)
    {
        lock (_lock)
            _inReportedProblem.Add(source);
        say($"the {source.Description} has not answered yet; events have no names from it until it does");
    }

    /// <summary>The first complete answer of a source has come.</summary>
    public void OnSynced(IWorkloadSource source) => OnAnswer(source, $"the {source.Description} answers now");

    /// <summary>A source answers again.</summary>
    public void OnRecovered(IWorkloadSource source) => OnAnswer(source, $"{source.Description} answers again");

    private void OnAnswer(IWorkloadSource source, string news)
    {
        bool isNews; // if the problem was not reported, neither is its end
        lock (_lock)
            isNews = _inReportedProblem.Remove(source);
        Set(source, SourceStatus.Answering);
        if (isNews)
            say(news);
    }
}

/// <summary>How a source is doing.</summary>
/// <param name="Status">Whether it answers.</param>
/// <param name="Problem">What is wrong, as a sentence; empty: nothing is.</param>
public sealed record SourceState(SourceStatus Status, string Problem);

/// <summary>Whether a source answers.</summary>
public enum SourceStatus
{
    /// <summary>It has not answered yet.</summary>
    Starting,

    /// <summary>It answers.</summary>
    Answering,

    /// <summary>It does not answer, and is asked again.</summary>
    Failing,

    /// <summary>It has no names, and that is normal.</summary>
    Unused,
}
