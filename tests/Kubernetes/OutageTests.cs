using TcpTracer.Recorder.Workloads.Kubernetes;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Kubernetes;

/// <summary>What is said while an API server is away, is restarted, or answers about some resources only.</summary>
public sealed class OutageTests : IDisposable
{
    private const string List = "/api/v1/pods?limit=";
    private readonly KubernetesCluster _cluster = new();

    private ApiServer Server => _cluster.Server;

    private string Again => $"Kubernetes API at {Server.Url} answers again";

    private Reports FollowAll()
    {
        Reports reports = _cluster.FollowSynced();
        reports.Await(() => Server.Resources.Values.All(r => r.Watches == 1), "not all is watched");
        return reports;
    }

    /// <summary>Its first moments are as those of kube-apiserver: it refuses everybody, because it has not loaded its roles.</summary>
    [Fact]
    public void RestartIsTwoLines()
    {
        _cluster.Surroundings = _cluster.Surroundings with
        {
            RefusalDoubted = TimeSpan.FromMinutes(1),
            RefusedDelay = TimeSpan.FromHours(1),
        };
        Reports reports = FollowAll();
        Server.Kill();
        reports.AwaitReport("problem");
        Thread.Sleep(1000); // each resource notices by itself; what has not noticed is not waited for when the server is back
        foreach (ApiResource resource in Server.Resources.Values)
            resource.Forbid("system:serviceaccount:shop:tracer");
        int before = _cluster.Asked("/api/v1/");
        Server.Start();
        reports.Await(() => _cluster.Asked("/api/v1/") > before + 9, "it does not ask again");
        Server.Pods.Put(ApiBodies.Pod("web"));
        foreach (ApiResource resource in Server.Resources.Values.Reverse())
        {
            Assert.Equal(0, reports.Count("recovered"));
            resource.Refusal = null;
            reports.Await(() => resource.Watches == 1, "it is not watched again");
        }
        reports.AwaitReport("recovered");
        reports.AwaitOwner("10.244.1.17", "Pod shop/web");
        Assert.Equal(2, reports.Said.Count);
        Assert.StartsWith($"the Kubernetes API at {Server.Url} cannot be used: ", reports.Said[0]);
        Assert.Equal(Again, reports.Said[1]);
    }

    [Fact]
    public void RefusalThatLastsIsReported()
    {
        Reports reports = FollowAll();
        Server.Pods.Forbid("jane");
        Server.Pods.EndWatches();
        reports.AwaitReport("problem");
        Assert.Contains("does not let 'jane' watch pods of all namespaces (403)", Assert.Single(reports.Said));
        Server.Pods.Refusal = null;
        reports.AwaitReport("recovered");
        Assert.Equal(Again, reports.Said[^1]);
    }

    /// <summary>The server answers about services and nodes all the time.</summary>
    [Fact]
    public void PodsThatAreNotAnsweredAreNotSaidToAnswerAgain()
    {
        Reports reports = FollowAll();
        Server.Pods.Refusal = (503, "ServiceUnavailable", "etcdserver: leader changed");
        Server.Pods.EndWatches();
        reports.AwaitReport("problem");
        int before = _cluster.Asked("/api/v1/services?watch=");
        for (int i = 1; i <= 5; i++)
        {
            reports.Await(() => Server.Services.Watches == 1, "services are not watched");
            Server.Services.EndWatches();
            reports.Await(() => _cluster.Asked("/api/v1/services?watch=") >= before + i, "services are not watched again");
        }
        Assert.Equal((1, 0, 1), (reports.Count("problem"), reports.Count("recovered"), reports.Said.Count));
        Server.Pods.Refusal = null;
        reports.AwaitReport("recovered");
        Assert.Equal(2, reports.Said.Count);
    }

    [Fact]
    public void ResourceThatFailsNowAndThenIsReportedOnceAMinute()
    {
        _cluster.Surroundings = _cluster.Surroundings with { Quiet = TimeSpan.FromMinutes(10) };
        Reports reports = FollowAll();
        for (int i = 0; i < 5; i++)
        {
            int before = _cluster.Asked("/api/v1/services?watch=");
            Server.Services.Refusal = (500, "InternalError", $"trouble {i}");
            Server.Services.EndWatches();
            reports.Await(() => _cluster.Asked("/api/v1/services?watch=") > before + 1, "services are not asked for");
            Server.Services.Refusal = null;
            reports.Await(() => Server.Services.Watches == 1, "services are not watched again");
        }
        Assert.Equal(2, reports.Said.Count);
    }

    /// <summary>Pods come back while services stay forbidden: each has a state of its own.</summary>
    [Fact]
    public void RecoveryOfSomeResourcesNamesThem()
    {
        Reports reports = FollowAll();
        Server.Services.Forbid("jane");
        Server.Services.EndWatches();
        reports.AwaitReport("problem");
        Server.Pods.Refusal = (503, "ServiceUnavailable", "busy");
        Server.Pods.EndWatches();
        reports.Await(() => reports.Count("problem") == 2, "the second problem is not reported");
        Server.Pods.Refusal = null;
        reports.Await(() => reports.Said.Count == 3, "the end is not reported");
        Assert.Equal($"{Again} about pods", reports.Said[2]);
        Assert.Equal(0, reports.Count("recovered"));
        Server.Services.Refusal = null;
        reports.AwaitReport("recovered");
    }

    /// <summary>Neither an outdated version nor an expired token needs a pause.</summary>
    [Theory]
    [InlineData(410)]
    [InlineData(401)]
    public void NextTryIsAtOnce(int code)
    {
        _cluster.Surroundings = _cluster.Surroundings with { FirstDelay = TimeSpan.FromHours(1), LongestDelay = TimeSpan.FromHours(1) };
        File.WriteAllText(_cluster.File("token"), "old");
        Server.Token = "old";
        Reports reports = _cluster.FollowSynced(_cluster.Find(_cluster.Kubeconfig("{tokenFile: token}")));
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched");
        _cluster.Replace("token", "new");
        if (code == 401)
            Server.Token = "new";
        Server.Pods.SendError(code, "Expired", "too old, or expired");
        reports.Await(() => _cluster.Asked(List) == 2, "it does not list at once");
        reports.Await(() => reports.Count("pods") == 2, "the second list is not accepted");
        Assert.Empty(reports.Said);
    }

    [Fact]
    public void NamesAreBackFiveSecondsAfterTheServer()
    {
        TimeSpan longest = new KubernetesSurroundings().LongestDelay;
        Assert.InRange(longest, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));
    }

    public void Dispose() => _cluster.Dispose();
}
