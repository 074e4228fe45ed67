using System.Collections.Immutable;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;
using TcpTracer.Recorder.Workloads;
using TcpTracer.Tests.Formats;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>How the reports of several sources become one, and when an address belonged to whom.</summary>
public sealed class WorkloadTrackerTests
{
    private const long Second = 1_000_000_000;
    private static readonly Address s_ip = SampleEvents.AddressOf("10.1.0.7"), s_other = SampleEvents.AddressOf("10.1.0.8");

    private readonly Source _api = new("api"), _runtime = new("runtime");
    private readonly List<string> _said = [];
    private readonly WorkloadTracker _tracker;
    private WorkloadView _view = WorkloadView.Empty;

    public WorkloadTrackerTests()
    {
        _tracker = new WorkloadTracker([_api, _runtime], _said.Add);
    }

    /// <summary>A source that reports what the test tells it.</summary>
    internal sealed class Source(string name, bool isLocal = false) : IWorkloadSource
    {
        public string Description => name;

        public bool IsLocal => isLocal;

        public Task RunAsync(IWorkloadReceiver receiver, CancellationToken cancellation) => Task.CompletedTask;

        public Task LookUpAsync(string containerId, string podUid, IWorkloadReceiver receiver, CancellationToken cancellation) =>
            Task.CompletedTask;
    }

    private static ReportedPod Pod(string name, params Address[] addresses) =>
        new($"uid-{name}", "shop", name) { Addresses = [.. addresses] };

    private static long Now => BootClock.Now;

    private static long WallAgo(long seconds) => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100 - seconds * Second;

    private WorkloadChange Take()
    {
        WorkloadChange change = _tracker.Take();
        _view = _view.With(change);
        return change;
    }

    private string? OwnerAt(Address address, long bootNs)
    {
        Take();
        return _view.PeerAt(address, bootNs)?.Name.ToString();
    }

    /// <summary>Whatever the source does, the reports are bounded, and a recovery is reported only for a reported failure.</summary>
    [Fact]
    public void EverChangingProblemsAreReportedAFewTimesOnly()
    {
        foreach (int i in Enumerable.Range(0, 100))
        {
            _tracker.OnProblem(_api, $"problem {i}");
            _tracker.OnProblem(_runtime, "always the same");
            _tracker.OnRecovered(_api);
            _tracker.OnRecovered(_runtime);
        }
        Assert.Equal(2 * SourceStates.MostReported,
            _said.Count(s => s.StartsWith("problem ", StringComparison.Ordinal) || s.StartsWith("api ", StringComparison.Ordinal)));
        Assert.Equal(4 * SourceStates.MostReported, _said.Count);
    }

    [Fact]
    public void OldestEndedNodesAreForgottenFirst()
    {
        foreach (int i in Enumerable.Range(0, 3000))
        {
            _tracker.OnNode(_api, new SeenNode($"n{i}", [s_ip], "boot", null));
            _tracker.OnNode(_api, new SeenNode($"n{i}", [], "", null));
        }
        Take();
        Assert.Equal(1024, _view.Index.Nodes.Count);
        Assert.Contains("n2999", _view.Index.Nodes.Keys);
    }

    [Fact]
    public void EverChangingAddressKeepsTheNewestClaims()
    {
        foreach (int i in Enumerable.Range(0, 1000))
            _tracker.OnPod(_api, Pod("web", SampleEvents.AddressOf($"10.2.{i / 250}.{i % 250}")));
        Take();
        Assert.Equal(AddressClaims.Kept, _view.Index.Pods["uid-web"].Claims.Length);
        Assert.Equal("web", OwnerAt(SampleEvents.AddressOf("10.2.3.249"), Now));
    }

    /// <summary>A thousand pods of 200 kB each have ended.</summary>
    [Fact]
    public void EndedPodsAreKeptWithinABoundOfBytes()
    {
        string name = new('a', 1000);
        ImmutableSortedDictionary<string, string> labels = Enumerable.Range(0, 50)
            .ToImmutableSortedDictionary(i => $"{i}{name[..900]}", _ => name, StringComparer.Ordinal);
        foreach (int i in Enumerable.Range(0, 1000))
        {
            _tracker.OnPod(_api, Pod($"p{i}") with { Labels = labels });
            _tracker.OnPodGone(_api, $"uid-p{i}");
        }
        Take();
        Assert.InRange(_view.Index.Pods.Count, 100, 200);
        Assert.Contains("uid-p999", _view.Index.Pods.Keys);
    }

    [Fact]
    public void OldestContainersOfACrashingPodAreForgotten()
    {
        int more = KnownPods.ContainersKept + 100;
        _tracker.OnPod(_api, Pod("steady") with { Containers = [new ContainerInfo("steady", "uid-steady", "web", "")] });
        for (int i = 0; i < more; i++)
            _tracker.OnPod(_api, Pod("crashing") with { Containers = [new ContainerInfo($"c{i}", "uid-crashing", "web", "")] });
        Take();
        Assert.InRange(_view.Index.Containers.Count, KnownPods.ContainersKept - 1, KnownPods.ContainersKept + 1);
        Assert.Contains("steady", _view.Index.Containers.Keys);
        Assert.Contains($"c{more - 1}", _view.Index.Containers.Keys);
        Assert.DoesNotContain("c0", _view.Index.Containers.Keys);
    }

    [Fact]
    public void FirstSourceThatKnowsAFieldWins()
    {
        ImmutableSortedDictionary<string, string> labels = PodInfo.NoLabels.Add("app", "web");
        _tracker.OnPod(_runtime, Pod("web", s_ip) with
        {
            Node = "from the runtime",
            Labels = PodInfo.NoLabels.Add("app", "old"),
            Containers = [new ContainerInfo("c1", "uid-web", "web", "image")]
        });
        _tracker.OnPod(_api, Pod("web", s_ip) with { Owner = "Deployment/web", Labels = labels });
        PodInfo pod = Assert.Single(Take().Pods);
        Assert.Equal(("from the runtime", "Deployment/web", "web"), (pod.Node, pod.Owner, pod.Labels["app"]));
        Assert.Equal(s_ip, Assert.Single(pod.Claims).Address);
        Assert.Equal("web", _view.Index.Containers["c1"].Name);
    }

    [Fact]
    public void PodExistsAsLongAsOneSourceReportsIt()
    {
        _tracker.OnPods(_api, [Pod("web", s_ip)]);
        _tracker.OnPods(_runtime, [Pod("web", s_ip)]);
        _tracker.OnPodGone(_api, "uid-web");
        Assert.Equal("web", OwnerAt(s_ip, Now));
        _tracker.OnPods(_runtime, []);
        Assert.Null(OwnerAt(s_ip, Now));
        Assert.True(_view.Index.Pods.ContainsKey("uid-web")); // it is still known by its cgroup
    }

    [Fact]
    public void ListReplacesEarlierReportsOfItsSource()
    {
        _tracker.OnPods(_api, [Pod("web", s_ip), Pod("db", s_other)]);
        long before = Now;
        _tracker.OnPods(_api, [Pod("db", s_other), Pod("next", s_ip), Pod("next", s_ip)]);
        Assert.Equal(("web", "next", "db"), (OwnerAt(s_ip, before), OwnerAt(s_ip, Now), OwnerAt(s_other, Now)));
    }

    [Fact]
    public void PodOwnsItsAddressFromTheReportedStart()
    {
        _tracker.OnPod(_api, Pod("web", s_ip) with { SinceWallNs = WallAgo(600) });
        Assert.Equal("web", OwnerAt(s_ip, Now - 590 * Second));
        Assert.Null(OwnerAt(s_ip, Now - 610 * Second));
    }

    [Fact]
    public void PodOwnsAnAddressOfUnknownStartFromNow()
    {
        long before = Now - 10 * Second; // it also owns the address shortly before, because sources report late
        _tracker.OnPod(_api, Pod("web", s_ip));
        Assert.Equal((null, "web"), (OwnerAt(s_ip, before), OwnerAt(s_ip, Now)));
    }

    [Fact]
    public void FastClockDoesNotDelayTheClaimOfAnAddress()
    {
        _tracker.OnPod(_api, Pod("web", s_ip) with { SinceWallNs = WallAgo(-600) });
        Assert.Equal("web", OwnerAt(s_ip, Now));
    }

    [Fact]
    public void UnchangedAddressKeepsItsStart()
    {
        _tracker.OnPod(_api, Pod("web", s_ip) with { SinceWallNs = WallAgo(600) });
        _tracker.OnPod(_api, Pod("web", s_ip, s_other) with { SinceWallNs = WallAgo(300) });
        Assert.Equal("web", OwnerAt(s_ip, Now - 500 * Second));
        Assert.Null(OwnerAt(s_other, Now - 100 * Second)); // it came later than the pod
        Assert.Equal("web", OwnerAt(s_other, Now));
    }

    [Fact]
    public void ReusedAddressBelongsToEachOwnerInItsTime()
    {
        _tracker.OnPod(_api, Pod("old", s_ip) with { SinceWallNs = WallAgo(600) });
        long owned = Now;
        _tracker.OnPodGone(_api, "uid-old");
        _tracker.OnPod(_api, Pod("new", s_ip));
        Assert.Equal(("old", "new"), (OwnerAt(s_ip, owned), OwnerAt(s_ip, Now)));
    }

    [Fact]
    public void NewOwnerCountsBeforeTheOldOneEnds()
    {
        _tracker.OnPod(_api, Pod("old", s_ip) with { SinceWallNs = WallAgo(600) });
        _tracker.OnPod(_api, Pod("new", s_ip));
        Assert.Equal("new", OwnerAt(s_ip, Now));
        _tracker.OnPodGone(_api, "uid-old");
        Assert.Equal("new", OwnerAt(s_ip, Now));
    }

    [Fact]
    public void AddressOfAnEndedPodIsKnownForDelayedEvents()
    {
        _tracker.OnPod(_api, Pod("job", s_ip));
        long owned = Now;
        _tracker.OnPod(_api, Pod("job"));
        Assert.Equal(("job", null), (OwnerAt(s_ip, owned), OwnerAt(s_ip, Now)));
    }

    [Fact]
    public void UnchangedReportIsNoChange()
    {
        ReportedPod pod = Pod("web", s_ip) with
        {
            Labels = PodInfo.NoLabels.Add("app", "web"),
            Containers = [new ContainerInfo("c1", "uid-web", "web", "image")]
        };
        var service = new SeenService("uid-s", "shop", "web", [s_other], null);
        var node = new SeenNode("n1", [s_other], "boot", null);
        _tracker.OnPods(_api, [pod]);
        _tracker.OnServices(_api, [service]);
        _tracker.OnNodes(_api, [node]);
        Take();
        _tracker.OnPods(_api, [pod with { SinceWallNs = WallAgo(5) }]);
        _tracker.OnPod(_runtime, pod);
        _tracker.OnServices(_api, [service]);
        _tracker.OnNode(_api, node);
        Assert.False(_tracker.HasChanges);
        Assert.True(_tracker.Take().IsEmpty);
    }

    [Fact]
    public void EndedServicesAndNodesAreRemoved()
    {
        _tracker.OnServices(_api, [new SeenService("uid-s", "shop", "web", [s_ip], WallAgo(600))]);
        _tracker.OnNodes(_api, [new SeenNode("n1", [s_other], "boot", WallAgo(600))]);
        long before = Now;
        Assert.Equal(("web", "n1", "n1"),
            (OwnerAt(s_ip, before - 500 * Second), OwnerAt(s_other, before - 500 * Second), _tracker.NodeOfBoot("boot")));
        _tracker.OnServices(_api, []);
        _tracker.OnNodes(_api, []);
        Assert.Equal((null, null, null), (OwnerAt(s_ip, Now), OwnerAt(s_other, Now), _tracker.NodeOfBoot("boot")));
        Assert.Equal(("web", "n1"), (OwnerAt(s_ip, before), OwnerAt(s_other, before)));
    }

    [Fact]
    public void EndedPodsContainersAndServicesAreForgotten()
    {
        const int many = 5000;
        for (int i = 0; i < many; i++)
        {
            _tracker.OnPod(_api, Pod($"p{i}") with { Containers = [new ContainerInfo($"c{i}", $"uid-p{i}", "web", "image")] });
            _tracker.OnPodGone(_api, $"uid-p{i}");
            _tracker.OnService(_api, new SeenService($"s{i}", "shop", "web", [s_ip], null));
            _tracker.OnService(_api, new SeenService($"s{i}", "shop", "web", [], null));
            if (i % 100 == 0)
                Take();
        }
        Take();
        Assert.Equal((4096, 4096, 1024), (_view.Index.Pods.Count, _view.Index.Containers.Count, _view.Index.Services.Count));
        Assert.False(_view.Index.Pods.ContainsKey("uid-p0"));
        Assert.True(_view.Index.Containers.ContainsKey($"c{many - 1}"));
        Assert.Null(OwnerAt(s_ip, Now));
    }

    [Fact]
    public void ProblemAndItsEndAreReportedOnce()
    {
        _tracker.OnProblem(_api, "no answer");
        _tracker.OnProblem(_api, "no answer");
        Assert.Equal(SourceStatus.Failing, _tracker.Sources[0].State.Status);
        _tracker.OnRecovered(_api);
        _tracker.OnRecovered(_api);
        Assert.Equal(["no answer", "api answers again"], _said);
    }

    [Fact]
    public async Task FirstAnswersAreCompleteWhenEverySourceHasAnsweredOrFailed()
    {
        Task waiting = Task.Run(() => _tracker.AwaitAnswers(TimeSpan.FromSeconds(30)), TestContext.Current.CancellationToken);
        _tracker.OnSynced(_api);
        Assert.False(waiting.IsCompleted);
        _tracker.OnProblem(_runtime, "no answer");
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }
}
