using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// How each source is doing, and how it did until now. A problem is reported once, and so is its end. Any thread may call.
/// </summary>
/// <param name="sources">All sources.</param>
/// <param name="say">Gets the sentences.</param>
internal sealed class SourceStates(IReadOnlyList<IWorkloadSource> sources, Action<string> say)
{
    /// <summary>
    /// So many problems of one source are reported in <see cref="ReportedIn"/>. A source that fails in ever new ways is no news any more.
    /// </summary>
    public const int MostReported = 8;

    /// <summary>The time that <see cref="MostReported"/> is about.</summary>
    public static readonly TimeSpan ReportedIn = TimeSpan.FromMinutes(10);

    private readonly object _lock = new();
    private readonly Dictionary<IWorkloadSource, SourceState> _states =
        sources.ToDictionary(s => s, _ => new SourceState(SourceStatus.Starting, ""));
    private readonly Dictionary<IWorkloadSource, Queue<long>> _reports = sources.ToDictionary(s => s, _ => new Queue<long>());
    private readonly Dictionary<IWorkloadSource, string> _inReportedProblem = [];
    private readonly Dictionary<IWorkloadSource, SourceHistory> _histories = sources.ToDictionary(s => s, _ => new SourceHistory());

    /// <summary>Each source with its state.</summary>
    public IReadOnlyList<(IWorkloadSource Source, SourceState State)> All
    {
        get
        {
            lock (_lock)
                return [.. sources.Select(s => (s, _states[s]))];
        }
    }

    /// <summary>How each source did until now.</summary>
    public IReadOnlyList<(IWorkloadSource Source, SourceState State, SourceHistory History)> Histories
    {
        get
        {
            lock (_lock)
                return [.. sources.Select(s => (s, _states[s], _histories[s].UntilNow(BootClock.Now)))];
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
        OnAnswering(source, fails: true);
        Set(source, SourceStatus.Failing, sentence);
        lock (_lock)
        {
            if (_inReportedProblem.GetValueOrDefault(source) == sentence || !MayReport(_reports[source]))
                return;
            _inReportedProblem[source] = sentence;
        }
        say(sentence);
    }

    /// <summary>A source fails, or answers again; nothing is reported.</summary>
    public void OnAnswering(IWorkloadSource source, bool fails)
    {
        lock (_lock)
            _histories[source] = _histories[source].With(fails, BootClock.Now);
    }

    private static bool MayReport(Queue<long> reports)
    {
        long now = Environment.TickCount64;
        while (reports.TryPeek(out long first) && now - first > ReportedIn.TotalMilliseconds)
            reports.Dequeue();
        if (reports.Count >= MostReported)
            return false;
        reports.Enqueue(now);
        return true;
    }

    /// <summary>
    /// A source has not answered yet, and nobody waits for it any longer. That is reported, and later its first answer is.
    /// </summary>
    public void OnSilence(IWorkloadSource source)
    {
        lock (_lock)
            _inReportedProblem[source] = "";
        say($"the {source.Description} has not answered yet; events have no names from it until it does");
    }

    /// <summary>The first complete answer of a source has come.</summary>
    public void OnSynced(IWorkloadSource source) => OnAnswer(source, $"the {source.Description} answers now");

    /// <summary>A source answers again.</summary>
    public void OnRecovered(IWorkloadSource source) => OnAnswer(source, $"{source.Description} answers again");

    /// <summary>A source answers again about a part of what it is asked for, and still fails about the rest.</summary>
    public void OnPartlyRecovered(IWorkloadSource source, string what)
    {
        lock (_lock)
        {
            if (!_inReportedProblem.ContainsKey(source))
                return;
        }
        say($"{source.Description} answers again about {what}");
    }

    private void OnAnswer(IWorkloadSource source, string news)
    {
        bool isNews; // if the problem was not reported, neither is its end
        lock (_lock)
            isNews = _inReportedProblem.Remove(source);
        OnAnswering(source, fails: false);
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
