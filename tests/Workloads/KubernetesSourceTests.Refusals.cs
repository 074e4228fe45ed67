using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Kubernetes;
using Xunit;

namespace TcpTracer.Tests.Workloads;

// A server that is away, or refuses something
public sealed partial class KubernetesSourceTests
{
    [Fact]
    public void OutageAndReturnOfTheServerAreReportedOnce()
    {
        Server.Pods.Put(ApiBodies.Pod("web"));
        Reports reports = _cluster.FollowSynced();
        reports.Await(() => Server.Resources.Values.All(r => r.Watches == 1), "not all is watched");
        Server.Kill();
        reports.AwaitReport("problem");
        Assert.Equal("Pod shop/web", reports.Owner(Ip));
        Server.Pods.Put(ApiBodies.Pod("later", "10.244.1.18"));
        Server.Start();
        reports.AwaitOwner("10.244.1.18", "Pod shop/later");
        reports.AwaitReport("recovered");
        Assert.Equal(
            [$"the Kubernetes API at {Server.Url} cannot be used: Connection refused; names of pods may be missing or old until it can",
                $"Kubernetes API at {Server.Url} answers again"],
            reports.Said);
        Assert.Equal((1, 1), (reports.Count("problem"), reports.Count("recovered")));
    }

    [Fact]
    public void ServerThatIsDownAtStartIsRetried()
    {
        Server.Kill();
        Reports reports = _cluster.Follow();
        reports.AwaitReport("problem");
        Assert.Equal(0, reports.Count("synced"));
        Server.Pods.Put(ApiBodies.Pod("web"));
        Server.Start();
        reports.AwaitReport("synced");
        reports.AwaitOwner(Ip, "Pod shop/web");
        Assert.Equal((1, 1), (reports.Count("problem"), reports.Count("recovered")));
    }

    [Fact]
    public void PodsAreNamedWhenOnlyServicesAreForbidden()
    {
        Server.Pods.Put(ApiBodies.Pod("web"));
        Server.Services.Put(ApiBodies.Load("service-web"));
        Server.Services.Forbid("system:serviceaccount:shop:tracer");
        Reports reports = _cluster.FollowSynced();
        reports.AwaitOwner(Ip, "Pod shop/web");
        reports.Await(() => _cluster.Asked("/api/v1/services?") > 2, "it does not ask again");
        Assert.Equal(
            $"the Kubernetes API at {Server.Url} does not let 'system:serviceaccount:shop:tracer' list services of all namespaces (403): "
                + "their names will be missing;"
            + " have a ClusterRole grant the verbs get, list and watch on pods, services and nodes", Assert.Single(reports.Said));
        Server.Services.Refusal = null;
        reports.AwaitOwner("10.96.7.20", "Service shop/web");
        reports.AwaitReport("recovered");
    }

    [Fact]
    public void ForbiddenResourcesAreReportedInOneSentence()
    {
        foreach (ApiResource resource in Server.Resources.Values)
            resource.Forbid("jane");
        Reports reports = _cluster.Follow();
        reports.AwaitReport("problem");
        reports.Await(() => _cluster.Asked(List) > 3, "it does not ask again");
        Assert.Contains("does not let 'jane' list pods, services, nodes of all namespaces (403)", Assert.Single(reports.Said));
        Assert.Equal(0, reports.Count("synced"));
    }

    [Fact]
    public void RejectedTokenIsReadAgain()
    {
        File.WriteAllText(_cluster.File("token"), "old\n");
        Server.Token = "new";
        Server.Pods.Put(ApiBodies.Pod("web"));
        Reports reports = _cluster.Follow(_cluster.Find(_cluster.Kubeconfig("{tokenFile: token}")));
        reports.AwaitReport("problem");
        Assert.Equal(
            $"the Kubernetes API at {Server.Url} does not accept the credentials of context 'first' in {_cluster.File("config")} (401): "
                + "names will be missing;"
            + " renew them, or choose others with --kubeconfig or --context", Assert.Single(reports.Said));
        _cluster.Replace("token", "new\n");
        reports.AwaitOwner(Ip, "Pod shop/web");
        reports.AwaitReport("recovered");
    }

    [Fact]
    public void RenewedTokenIsUsedSilently()
    {
        File.WriteAllText(_cluster.File("token"), "old");
        Server.Token = "old";
        Reports reports = _cluster.FollowSynced(_cluster.Find(_cluster.Kubeconfig("{tokenFile: token}")));
        reports.Await(() => Server.Resources.Values.All(r => r.Watches == 1), "not all is watched");
        _cluster.Replace("token", "new");
        Server.Token = "new";
        Server.Pods.EndWatches();
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched again");
        Assert.Equal((1, 0), (_cluster.Asked(List), reports.Count("problem")));
    }

    [Fact]
    public void ServerErrorIsReportedInTheWordsOfTheServer()
    {
        Server.Pods.Refusal = (503, "ServiceUnavailable", "etcdserver: leader changed");
        Reports reports = _cluster.Follow();
        reports.AwaitReport("problem");
        Assert.Contains("cannot be used: it answers 503: etcdserver: leader changed;", reports.Said[0]);
        Server.Pods.Refusal = null;
        reports.AwaitReport("synced");
    }

    [Fact]
    public void ServerWithAForeignCertificateIsNotTrusted()
    {
        using var other = new ApiServer();
        string kubeconfig = _cluster.Kubeconfig();
        File.WriteAllText(_cluster.File("ca.pem"), other.Authority);
        Reports reports = _cluster.Follow(_cluster.Find(kubeconfig));
        reports.AwaitReport("problem");
        Assert.Contains("cannot be used: no secure connection can be made: The remote certificate is invalid", reports.Said[0]);
        Assert.Empty(Server.Requests);
    }
}
