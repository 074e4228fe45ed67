using System.Diagnostics;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;
using TcpTracer.Recorder.Workloads;
using TcpTracer.Tests.Formats;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Notes in words what a source reports, and keeps the view that a tracker makes of it.</summary>
internal sealed class Reports : IWorkloadReceiver
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60); // 256 MiB on a busy machine take their time
    private readonly List<string> _all = [];
    private readonly List<string> _said = [];
    private readonly Lock _reporting = new(); // a report is in both the view and the list, or in neither
    private readonly WorkloadTracker _tracker;

    public Reports(IWorkloadSource source)
    {
        _tracker = new WorkloadTracker([source], s =>
        {
            lock (_all)
                _said.Add(s);
        });
    }

    public WorkloadView View { get; private set; } = WorkloadView.Empty;

    public WorkloadTracker Tracker => _tracker;

    /// <summary>All reports, one line each.</summary>
    public IReadOnlyList<string> All
    {
        get
        {
            lock (_all)
                return [.. _all];
        }
    }

    /// <summary>The sentences that people would see.</summary>
    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_all)
                return [.. _said];
        }
    }

    public int Count(string start) => All.Count(r => r.StartsWith(start, StringComparison.Ordinal));

    /// <summary>Waits until a condition holds. The view then has everything that was reported before.</summary>
    public void Await(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!IsTrue(condition))
        {
            Assert.True(clock.Elapsed < s_longest, $"{what}; reported:\n{string.Join('\n', All)}");
            Thread.Sleep(2);
        }
    }

    private bool IsTrue(Func<bool> condition)
    {
        lock (_reporting)
        {
            View = View.With(_tracker.Take());
            return condition();
        }
    }

    public void AwaitReport(string start) => Await(() => Count(start) > 0, $"'{start}' was not reported");

    /// <summary>What an address belongs to now, such as <c>Pod shop/web</c>.</summary>
    public string? Owner(string address)
    {
        Peer? peer = View.PeerAt(SampleEvents.AddressOf(address), BootClock.Now);
        return peer is null ? null : $"{peer.Kind} {peer.Namespace}/{peer.Name}";
    }

    public void AwaitOwner(string address, string? owner) =>
        Await(() => Owner(address) == owner, $"{address} is not {owner ?? "nobody"}'s");

    /// <summary>The workload of a process in a cgroup.</summary>
    public Workload WorkloadIn(string cgroup)
    {
        const ulong id = 4711;
        WorkloadView view = View.With(_tracker.Take())
            .With(new WorkloadChange(BootClock.Now) { Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, id, cgroup)] });
        return view.Of(SampleEvents.Seed.Process with { Cgroup = id, CgroupV1 = 0 });
    }

    private void Report(Action tell, string report)
    {
        lock (_reporting)
        {
            tell();
            lock (_all)
                _all.Add(report);
        }
    }

    public void OnPods(IWorkloadSource source, IReadOnlyCollection<ReportedPod> all) =>
        Report(() => _tracker.OnPods(source, all), $"pods {all.Count}");

    public void OnPod(IWorkloadSource source, ReportedPod pod) =>
        Report(() => _tracker.OnPod(source, pod), $"pod {pod.Name} {string.Join(',', pod.Addresses)}");

    public void OnPodGone(IWorkloadSource source, string uid) =>
        Report(() => _tracker.OnPodGone(source, uid), $"gone {uid}");

    public void OnServices(IWorkloadSource source, IReadOnlyCollection<SeenService> all) =>
        Report(() => _tracker.OnServices(source, all), $"services {all.Count}");

    public void OnService(IWorkloadSource source, SeenService service) =>
        Report(() => _tracker.OnService(source, service), $"service {service.Name} {string.Join(',', service.Addresses)}");

    public void OnNodes(IWorkloadSource source, IReadOnlyCollection<SeenNode> all) =>
        Report(() => _tracker.OnNodes(source, all), $"nodes {all.Count}");

    public void OnNode(IWorkloadSource source, SeenNode node) =>
        Report(() => _tracker.OnNode(source, node), $"node {node.Name} {string.Join(',', node.Addresses)}");

    public void OnSynced(IWorkloadSource source) =>
        Report(() => _tracker.OnSynced(source), "synced");

    public void OnProblem(IWorkloadSource source, string sentence) =>
        Report(() => _tracker.OnProblem(source, sentence), $"problem {sentence}");

    public void OnRecovered(IWorkloadSource source) =>
        Report(() => _tracker.OnRecovered(source), "recovered");

    public void OnPartlyRecovered(IWorkloadSource source, string what) =>
        Report(() => _tracker.OnPartlyRecovered(source, what), $"partly recovered {what}");

    public void OnAnswering(IWorkloadSource source, bool fails) => _tracker.OnAnswering(source, fails);
}
