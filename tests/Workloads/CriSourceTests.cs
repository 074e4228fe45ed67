using TcpTracer.Recorder.Workloads;
using TcpTracer.Recorder.Workloads.Cri;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>The source of names that asks a container runtime: with a real containerd and real pods.</summary>
public sealed class CriSourceTests(ContainerdHost host) : IClassFixture<ContainerdHost>, IDisposable
{
    private const string Sleep = "sleep 1000000";
    private const int Stop = 19, Continue = 18;
    private readonly CancellationTokenSource _end = new();
    private readonly CriReports _reports = new();
    private readonly List<PodOnHost> _pods = [];
    private Task? _running;

    private IWorkloadSource Create(string? endpoint = null, TimeSpan? period = null) =>
        CriSource.TryCreate(new SourceOptions { RuntimeEndpoint = endpoint ?? host.Socket }, period is { } p
            ? new CriPlaces { Period = p } : new CriPlaces())!;

    private IWorkloadSource Run(string? endpoint = null, TimeSpan? period = null)
    {
        IWorkloadSource source = Create(endpoint, period);
        _running = Task.Run(() => source.RunAsync(_reports, _end.Token));
        return source;
    }

    private PodOnHost RunPod(string @namespace, string name, bool hostNetwork = false, string? uid = null, uint attempt = 0)
    {
        PodOnHost pod = host.RunPod(@namespace, name, hostNetwork, uid, attempt);
        _pods.Add(pod);
        return pod;
    }

    [ContainerFact]
    public void PodsAndTheirContainersAreFound()
    {
        long before = Now();
        PodOnHost web = RunPod("shop", "web"), batch = RunPod("jobs", "batch");
        string server = web.Run("server", Sleep), sidecar = web.Run("sidecar", Sleep), job = batch.Create("job", "true");
        IWorkloadSource source = Run();
        _reports.AwaitSaid("synced");
        Assert.StartsWith("containerd ", source.Description);
        Assert.EndsWith($" at {host.Socket}", source.Description);

        ReportedPod seen = _reports.Pod(web.Uid)!;
        Assert.Equal(("shop", "web"), (seen.Namespace, seen.Name));
        Assert.Equal([web.Address], seen.Addresses.Select(a => a.ToString()));
        Assert.Equal([("app", "web")], seen.Labels!.Select(l => (l.Key, l.Value)));
        Assert.Equal([(server, "server"), (sidecar, "sidecar")], seen.Containers.Select(c => (c.Id, c.Name)));
        Each.Of(seen.Containers, c => Assert.Equal((web.Uid, BusyboxImage.Name), (c.PodUid, c.Image)));
        Assert.InRange(seen.SinceWallNs!.Value, before, Now());
        Assert.Equal([(job, "job")], _reports.Pod(batch.Uid)!.Containers.Select(c => (c.Id, c.Name)));
    }

    [ContainerFact]
    public void UnchangedPodsAreReportedOnce()
    {
        RunPod("shop", "web").Run("server", Sleep);
        Run();
        _reports.AwaitSaid("synced");
        Thread.Sleep(2500);
        Assert.Equal(1, _reports.Count);
    }

    [ContainerFact]
    public void PodInTheHostNetworkOwnsNoAddress()
    {
        PodOnHost pod = RunPod("kube-system", "proxy", hostNetwork: true);
        Run();
        Assert.Empty(_reports.AwaitPod(pod.Uid, _ => true).Addresses);
    }

    [ContainerFact]
    public void RestartedContainerIsANewOneInTheSamePod()
    {
        PodOnHost pod = RunPod("shop", "web");
        string first = pod.Run("server", "true");
        Run();
        _reports.AwaitPod(pod.Uid, p => p.Containers.Length == 1);
        string second = pod.Run("server", Sleep, attempt: 1);
        ReportedPod seen = _reports.AwaitPod(pod.Uid, p => p.Containers.Length == 2);
        Assert.Equal([first, second], seen.Containers.Select(c => c.Id));
        Each.Of(seen.Containers, c => Assert.Equal("server", c.Name));
    }

    [ContainerFact]
    public void EndedPodLosesItsAddressAndARemovedPodIsGone()
    {
        PodOnHost pod = RunPod("jobs", "batch");
        Run();
        _reports.AwaitPod(pod.Uid, p => p.Addresses.Length == 1);
        pod.StopSandbox();
        _reports.AwaitPod(pod.Uid, p => p.Addresses.IsEmpty);
        pod.RemoveSandbox();
        ContainerdHost.Await("it stays", () => _reports.Pod(pod.Uid) is null);
    }

    [ContainerFact]
    public void LastSandboxOfAPodCounts()
    {
        PodOnHost first = RunPod("shop", "web");
        string before = first.Run("server", Sleep);
        first.StopSandbox();
        PodOnHost second = RunPod("shop", "web", uid: first.Uid, attempt: 1);
        string after = second.Run("server", Sleep, attempt: 1);
        Run();
        ReportedPod seen = _reports.AwaitPod(first.Uid, p => p.Containers.Length == 2);
        Assert.Equal([second.Address], seen.Addresses.Select(a => a.ToString()));
        Assert.Equal([before, after], seen.Containers.Select(c => c.Id));
    }

    [ContainerFact]
    public void KilledRuntimeIsReportedOnceAndSoIsItsReturn()
    {
        PodOnHost old = RunPod("shop", "web");
        Run();
        _reports.AwaitPod(old.Uid, p => p.Addresses.Length == 1);
        host.Kill();
        _reports.AwaitSaid("problem");
        Thread.Sleep(2500); // meanwhile a few more calls fail
        host.Start();
        PodOnHost young = RunPod("shop", "young");
        Assert.Equal([young.Address], _reports.AwaitPod(young.Uid, p => p.Addresses.Length == 1).Addresses.Select(a => a.ToString()));
        Assert.Equal([old.Address], _reports.Pod(old.Uid)!.Addresses.Select(a => a.ToString()));
        _reports.AwaitSaid("recovered");
        Assert.Equal(["synced", $"problem: the container runtime at {host.Socket} (--runtime-endpoint) is not running: start it; "
            + "it is asked again until it answers", "recovered"], _reports.Said);
    }

    [ContainerFact]
    public async Task HangingRuntimeDelaysNothing()
    {
        PodOnHost pod = RunPod("shop", "web");
        IWorkloadSource source = Run();
        _reports.AwaitSaid("synced");
        host.Signal(Stop);
        try
        {
            using var time = new CancellationTokenSource(TimeSpan.FromMilliseconds(250));
            await Assert.ThrowsAnyAsync<Exception>(() => source.LookUpAsync(new string('a', 64), pod.Uid, _reports, time.Token));
            _reports.AwaitSaid("problem: ");
        }
        finally
        {
            host.Signal(Continue);
        }
        _reports.AwaitSaid("recovered");
        Assert.Equal(["synced", $"problem: the container runtime at {host.Socket} (--runtime-endpoint) does not answer in time; "
            + "it is asked again until it does", "recovered"], _reports.Said);
        Assert.NotNull(_reports.Pod(pod.Uid));
    }

    [ContainerFact]
    public void ImageGivenByDigestHasItsName()
    {
        PodOnHost pod = RunPod("shop", "web");
        pod.Create("server", Sleep, image: BusyboxImage.Id);
        Run();
        Assert.Equal(BusyboxImage.Name, Assert.Single(_reports.AwaitPod(pod.Uid, _ => true).Containers).Image);
    }

    [ContainerFact]
    public void NewPodIsKnownBeforeTheNextPoll()
    {
        Run(period: TimeSpan.FromHours(1));
        _reports.AwaitSaid("synced");
        // The runtime does not report what happened before it began to report
        PodOnHost first = RunPod("shop", "first");
        for (int i = 0; i < 10 && _reports.Pod(first.Uid) is null; i++)
        {
            Thread.Sleep(500);
            RunPod("shop", $"early{i}");
        }
        for (int i = 0; i < 5; i++)
        {
            PodOnHost pod = RunPod("shop", $"web{i}");
            _reports.AwaitPod(pod.Uid, p => p.Addresses.Length == 1);
        }
    }

    [ContainerFact]
    public async Task AContainerIsLookedUpAtOnce()
    {
        IWorkloadSource source = Run();
        _reports.AwaitSaid("synced");
        PodOnHost pod = RunPod("shop", "web");
        string id = pod.Run("server", Sleep);
        await source.LookUpAsync(id, pod.Uid, _reports, CancellationToken.None);
        ReportedPod seen = _reports.Pod(pod.Uid)!;
        Assert.Equal(("shop", "web"), (seen.Namespace, seen.Name));
        Assert.Equal([pod.Address], seen.Addresses.Select(a => a.ToString()));
        Assert.Contains(seen.Containers, c => c.Id == id && c.Name == "server");
    }

    [ContainerFact]
    public async Task LookedUpContainerSurvivesLaterPolls()
    {
        IWorkloadSource source = Run();
        for (int i = 0; i < 5; i++)
        {
            PodOnHost pod = RunPod("shop", $"web{i}");
            await source.LookUpAsync(pod.SandboxId, pod.Uid, _reports, CancellationToken.None);
            Assert.NotNull(_reports.Pod(pod.Uid));
            for (int j = 0; j < 40; j++)
            {
                await Task.Delay(10);
                Assert.NotNull(_reports.Pod(pod.Uid));
            }
        }
    }

    [ContainerFact]
    public async Task PodOfAnEndedContainerCanBeLookedUp()
    {
        PodOnHost pod = RunPod("jobs", "batch");
        string id = pod.Run("job", "true");
        pod.AwaitEnd(id);
        pod.Remove(id);
        await Create().LookUpAsync(id, pod.Uid, _reports, CancellationToken.None);
        Assert.Equal("batch", _reports.Pod(pod.Uid)!.Name);
    }

    [ContainerFact]
    public async Task UnknownContainerIsNoProblem()
    {
        IWorkloadSource source = Create();
        await source.LookUpAsync(new string('a', 64), "", _reports, CancellationToken.None);
        await source.LookUpAsync(new string('a', 64), Guid.NewGuid().ToString(), _reports, CancellationToken.None);
        Assert.Equal((0, 0), (_reports.Count, _reports.Said.Length));
    }

    [ContainerFact]
    public async Task ContainerdForDockerOnlyIsReportedOnlyIfRequested()
    {
        using ContainerdHost docker = ContainerdHost.WithoutKubernetes();
        var found = (CriSource)CriSource.TryCreate(new SourceOptions(),
            new CriPlaces { Variable = null, CrictlFile = "/nonexistent", Sockets = [docker.Socket] })!;
        Task running = found.RunAsync(_reports, _end.Token);
        _reports.AwaitSaid("nothing: ");
        await found.LookUpAsync(new string('a', 64), Guid.NewGuid().ToString(), _reports, CancellationToken.None);
        Assert.Single(_reports.Said);

        var given = new CriReports();
        Task alsoRunning = Create(docker.Socket).RunAsync(given, _end.Token);
        given.AwaitSaid($"problem: the container runtime at {docker.Socket} (--runtime-endpoint) does not serve Kubernetes (CRI "
            + "runtime.v1): take cri out of disabled_plugins");
        await _end.CancelAsync();
        await Task.WhenAll(running, alsoRunning);
    }

    [Fact]
    public async Task ALookUpWithoutARuntimeReturnsQuietly() =>
        await Create("/nonexistent/cri.sock").LookUpAsync(new string('a', 64), "", _reports, CancellationToken.None);

    [Fact]
    public void MissingRequestedEndpointIsReportedOnce()
    {
        Run("unix:///nonexistent/cri.sock");
        _reports.AwaitSaid("problem");
        Thread.Sleep(2500);
        Assert.Equal(["problem: there is no container runtime at /nonexistent/cri.sock (--runtime-endpoint): start it, or give its "
            + "socket with --runtime-endpoint; until then it names no pods"], _reports.Said);
    }

    [Fact]
    public void EndpointThatIsNoSocketIsReported()
    {
        Run("tcp://127.0.0.1:10250");
        _reports.AwaitSaid("problem: --runtime-endpoint tcp://127.0.0.1:10250: a container runtime is asked through a unix socket");
    }

    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    public void Dispose()
    {
        _end.Cancel();
        Assert.True(_running?.Wait(TimeSpan.FromSeconds(10)) ?? true, "it does not end");
        foreach (PodOnHost pod in _pods)
            pod.Dispose();
        _end.Dispose();
    }
}
