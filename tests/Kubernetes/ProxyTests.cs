using TcpTracer.Formats.Strings;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Kubernetes;

/// <summary>An API server that is reached through the proxy of the kubeconfig (<c>proxy-url</c>).</summary>
public sealed class ProxyTests : IDisposable
{
    private readonly KubernetesCluster _cluster = new();

    [Theory]
    [InlineData("http", "")]
    [InlineData("http", "jane:pass%40word")]
    [InlineData("socks5", "")]
    [InlineData("socks5", "jane:pass%40word")]
    public void ServerIsAskedThroughTheProxy(string scheme, string user)
    {
        using SmallProxy proxy = new SmallProxy(user.Length > 0).Start();
        string at = user.Length > 0 ? $"{user}@" : "";
        _cluster.Server.Pods.Put(ApiBodies.Pod("web"));
        Reports reports = _cluster.Follow(_cluster.Find(_cluster.Kubeconfig(proxy: $"{scheme}://{at}127.0.0.1:{proxy.Port}")));
        reports.AwaitOwner("10.244.1.17", "Pod shop/web");
        reports.Await(() => _cluster.Server.Pods.Watches == 1, "pods are not watched");
        Assert.Contains($"{user.Replace("%40", "@")}@127.0.0.1:{_cluster.Server.Port}", proxy.Asked);
        Assert.Empty(reports.Said);
    }

    [Fact]
    public void ProxyThatIsAwayIsAProblem()
    {
        Reports reports = _cluster.Follow(_cluster.Find(_cluster.Kubeconfig(proxy: "socks5://127.0.0.1:1")));
        reports.AwaitReport("problem");
        Assert.Contains("cannot be used: ", Assert.Single(reports.Said));
        Assert.Empty(_cluster.Server.Requests);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1:1")]
    [InlineData("nonsense")]
    public void ProxyOfAnotherKindIsRefused(string proxy) => Assert.Contains(
        ": the proxy-url of cluster 'test' is not an http, https or socks5 address",
        Assert.Throws<SelectionException>(() => _cluster.Find(_cluster.Kubeconfig(proxy: proxy))).Message);

    public void Dispose() => _cluster.Dispose();
}
