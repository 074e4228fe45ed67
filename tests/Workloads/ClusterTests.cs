using System.Globalization;
using System.Text.Json.Nodes;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Kubernetes;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>
/// The real recorder with real pods and an API server that knows them: names come from the API alone, without the runtime.
/// </summary>
public sealed class ClusterTests : IClassFixture<ContainerdHost>, IDisposable
{
    private const int Port = 8060;
    private const string ServiceAddress = "10.96.7.20", Sleep = "sleep 1000000";
    private readonly KubernetesCluster _cluster = new();
    private readonly TemporaryFolder _folder = new();
    private readonly PodOnHost _client, _proxy;
    private readonly string _main, _server;
    private readonly ContainerdHost _host;

    public ClusterTests(ContainerdHost host)
    {
        _host = host;
        (_client, _proxy) = (host.RunPod("shop", "client"), host.RunPod("kube-system", "proxy", hostNetwork: true));
        _main = _client.Run("main", Sleep);
        _server = _proxy.Serve("server", Port, $"exec httpd -f -h /www -p {Port}");
        _cluster.Server.Pods.Put(BodyOf(_client, _main, "main", _client.Address));
        _cluster.Server.Pods.Put(BodyOf(_proxy, _server, "server", null));
        _cluster.Server.Services.Put(ApiBodies.Load("service-web"));
    }

    /// <summary>The pod as the kubelet reports it to the API server.</summary>
    private static JsonObject BodyOf(PodOnHost pod, string containerId, string container, string? ip)
    {
        JsonObject body = ApiBodies.Pod(pod.Name, ip ?? ContainerdHost.NodeAddress);
        (body["metadata"]!["uid"], body["metadata"]!["namespace"]) = (pod.Uid, pod.Namespace);
        if (ip is null)
            body["spec"]!["hostNetwork"] = true;
        ApiBodies.SetStart(body, DateTimeOffset.UtcNow);
        JsonObject status = body["status"]!["containerStatuses"]![0]!.AsObject();
        (status["name"], status["containerID"]) = (container, $"containerd://{containerId}");
        return body;
    }

    private void PutNode(string bootId)
    {
        JsonObject node = ApiBodies.Load("node-worker");
        node["status"]!["nodeInfo"]!["bootID"] = bootId;
        node["status"]!["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = ContainerdHost.NodeAddress });
        _cluster.Server.Nodes.Put(node);
    }

    private static string OurBootId => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private TcptracerProgram Start(params string[] arguments) =>
        TcptracerProgram.StartWatching(
            [.. arguments, "--kubeconfig", _cluster.Kubeconfig(), "--port", Port.ToString(CultureInfo.InvariantCulture)]);

    private void Fetch(string address) =>
        _client.Exec(_main, string.Create(CultureInfo.InvariantCulture, $"wget -q -O /dev/null http://{address}:{Port}/"));

    private static string[] Told(RunResult run) => [.. run.Lines.Select(l => JsonNode.Parse(l)!).Select(e =>
        $"{e["node"]} {e["namespace"]}/{e["pod"]}/{e["container"]} {e["operation"]} {e["src"]?["kind"]}/{e["src"]?["name"]} -> "
            + $"{e["dst"]?["kind"]}/{e["dst"]?["name"]}").Order(StringComparer.Ordinal)];

    [PodFact]
    public void ApiNamesPodsServicesAndNodesWithoutARuntime()
    {
        PutNode(OurBootId);
        Shell.Run($"ip -n {_host.Netns} addr add {ServiceAddress}/32 dev lo");
        string trace = _folder.File("cluster.tct");
        TcptracerProgram program = Start("record", "-o", trace, "--print", "-O", "json");
        Fetch(ServiceAddress);
        Fetch(ContainerdHost.NodeAddress);
        RunResult run = program.Stop();
        string[] expected =
        [
            "worker-1 kube-system/proxy/server accept pod/proxy -> pod/client",
            "worker-1 kube-system/proxy/server accept pod/proxy -> pod/client",
            "worker-1 kube-system/proxy/server close pod/proxy -> pod/client",
            "worker-1 kube-system/proxy/server close pod/proxy -> pod/client",
            "worker-1 shop/client/main close pod/client -> node/worker-1", "worker-1 shop/client/main close pod/client -> svc/web",
            "worker-1 shop/client/main connect pod/client -> node/worker-1", "worker-1 shop/client/main connect pod/client -> svc/web",
        ];
        Assert.Equal(expected, Told(run));
        Assert.Equal(run.Output, TcptracerProgram.Run("show", trace, "-o", "json").Output);
        Assert.Equal(["Deployment/client", "Deployment/client", "Deployment/client", "Deployment/client"],
            TcptracerProgram.Run("show", trace, "-n", "shop", "-o", "custom-columns=owner", "--no-headers")
                .Lines.Select(l => l.Trim().Replace("Deployment/web", "Deployment/client", StringComparison.Ordinal)));
    }

    [PodFact]
    public void LiveOnANodeShowsTheNamespaceOfTheKubeconfig()
    {
        PutNode(OurBootId);
        TcptracerProgram program = Start("-o", "json");
        Fetch(ContainerdHost.NodeAddress);
        RunResult run = program.Stop();
        Assert.Contains("watching TCP connections on worker-1, pods of namespace shop (-A: everything)", run.Errors);
        Assert.Equal(["worker-1 shop/client/main close pod/client -> node/worker-1",
            "worker-1 shop/client/main connect pod/client -> node/worker-1"], Told(run));
    }

    [PodFact]
    public void LiveOnAMachineThatIsNoNodeShowsEverything()
    {
        PutNode("00000000-0000-4000-8000-000000000000");
        TcptracerProgram program = Start("-o", "json", "--node-name", "laptop");
        Fetch(ContainerdHost.NodeAddress);
        RunResult run = program.Stop();
        Assert.DoesNotContain("-A: everything", run.Errors);
        Assert.Equal(4, run.Lines.Length);
    }

    [PodFact]
    public void ApiRefusalIsReportedOnceAndTheRecordingContinues()
    {
        _cluster.Server.Pods.Forbid("someone");
        string trace = _folder.File("forbidden.tct");
        TcptracerProgram program = Start("record", "-o", trace, "--print", "-O", "json");
        Fetch(ContainerdHost.NodeAddress);
        RunResult run = program.Stop();
        Assert.True(run.ExitCode == 0, $"{run.ExitCode}: {run.Errors}");
        Assert.Single(run.ErrorLines,
            l => l.Contains("does not let 'someone' list pods of all namespaces (403)", StringComparison.Ordinal));
        Each.Of(Told(run), l => Assert.Contains(" ?/", l)); // it is in a pod, but not known in which
        Assert.Equal(4, run.Lines.Length);
        Assert.Equal(run.Output, TcptracerProgram.Run("show", trace, "-o", "json").Output);
    }

    public void Dispose()
    {
        _client.Dispose();
        _proxy.Dispose();
        _cluster.Dispose();
        _folder.Dispose();
    }
}
