using TcpTracer.Recorder.Workloads;
using TcpTracer.Tests.Harness;

namespace TcpTracer.Tests.Workloads;

/// <summary>Keeps everything that a source reports.</summary>
internal sealed class CriReports : IWorkloadReceiver
{
    private readonly object _lock = new();
    private readonly Dictionary<string, ReportedPod> _pods = [];
    private readonly List<string> _said = [];
    private int _reports;

    /// <summary>
    /// What was reported about the source itself, in order: <c>synced</c>, <c>recovered</c>, <c>problem: ...</c>, <c>nothing: ...</c>.
    /// </summary>
    public string[] Said
    {
        get
        {
            lock (_lock)
                return [.. _said];
        }
    }

    /// <summary>How often pods were reported.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _reports;
        }
    }

    /// <summary>A pod as it was last reported; null: it is gone.</summary>
    public ReportedPod? Pod(string uid)
    {
        lock (_lock)
            return _pods.GetValueOrDefault(uid);
    }

    /// <summary>Waits until a pod is reported that meets a condition.</summary>
    public ReportedPod AwaitPod(string uid, Func<ReportedPod, bool> isSo)
    {
        ContainerdHost.Await($"pod {uid} is not reported so", () => Pod(uid) is { } pod && isSo(pod));
        return Pod(uid)!;
    }

    /// <summary>Waits until something was reported about the source.</summary>
    public void AwaitSaid(string word) =>
        ContainerdHost.Await($"'{word}' is not said", () => Said.Any(s => s.StartsWith(word, StringComparison.Ordinal)));

    private void Note(string said)
    {
        lock (_lock)
            _said.Add(said);
    }

    public void OnPods(IWorkloadSource source, IReadOnlyCollection<ReportedPod> all)
    {
        lock (_lock)
        {
            _reports++;
            _pods.Clear();
            foreach (ReportedPod pod in all)
                _pods.Add(pod.Uid, pod);
        }
    }

    public void OnPod(IWorkloadSource source, ReportedPod pod)
    {
        lock (_lock)
        {
            _reports++;
            _pods[pod.Uid] = pod;
        }
    }

    public void OnPodGone(IWorkloadSource source, string uid)
    {
        lock (_lock)
            _pods.Remove(uid);
    }

    public void OnSynced(IWorkloadSource source) => Note("synced");

    public void OnProblem(IWorkloadSource source, string sentence) => Note("problem: " + sentence);

    public void OnNothingToAsk(IWorkloadSource source, string why) => Note("nothing: " + why);

    public void OnRecovered(IWorkloadSource source) => Note("recovered");

    public void OnServices(IWorkloadSource source, IReadOnlyCollection<SeenService> all) => throw new NotSupportedException();

    public void OnService(IWorkloadSource source, SeenService service) => throw new NotSupportedException();

    public void OnNodes(IWorkloadSource source, IReadOnlyCollection<SeenNode> all) => throw new NotSupportedException();

    public void OnNode(IWorkloadSource source, SeenNode node) => throw new NotSupportedException();
}
