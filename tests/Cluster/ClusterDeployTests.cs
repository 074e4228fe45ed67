using System.Text.Json.Nodes;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace TcpTracer.Tests.Cluster;

/// <summary><c>tcptracer cluster deploy</c> and <c>undeploy</c>: server-side apply of deploy/daemonset.yaml.</summary>
public sealed class ClusterDeployTests : IDisposable
{
    private const string Core = "/api/v1", Rbac = "/apis/rbac.authorization.k8s.io/v1",
        Applied = "?fieldManager=kubectl-tcptracer&force=true";
    private readonly KubernetesCluster _cluster = new();

    private ApiStore Store => _cluster.Server.Store;

    private static string DaemonSet(string space = "tcptracer") => $"/apis/apps/v1/namespaces/{space}/daemonsets/tcptracer";

    private RunResult Run(string command, params string[] options) =>
        TcptracerProgram.Run(["cluster", command, "--kubeconfig", _cluster.Kubeconfig(), .. options]);

    /// <summary>Plays the cluster: once the DaemonSet is there, so many of its agents run on two nodes.</summary>
    private void PlayController(int ready, Func<string, JsonObject>? podOn = null, string space = "tcptracer") =>
        Store.Changed = (method, path) =>
    {
        if (method != "PATCH" || path != DaemonSet(space))
            return;
        JsonObject set = Store.Find(path)!;
        set["status"] = new JsonObject
        {
            ["observedGeneration"] = set["metadata"]!["generation"]!.GetValue<long>(), ["desiredNumberScheduled"] = 2,
            ["updatedNumberScheduled"] = 2, ["numberReady"] = ready,
        };
        Store.Put(path, set);
        foreach (string node in new[] { "node-1", "node-2" })
            Store.Put($"{Core}/namespaces/{space}/pods/agent-{node}", podOn?.Invoke(node) ?? ThreeNodes.PodObject($"agent-{node}", node));
    };

    private static YamlMappingNode[] Manifest()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Path.Combine(TcptracerProgram.Repository, "deploy/daemonset.yaml"))));
        return [.. yaml.Documents.Select(d => (YamlMappingNode)d.RootNode)];
    }

    [Fact]
    public void DeployAppliesTheManifestAndWaitsForTheAgents()
    {
        PlayController(ready: 2);
        RunResult run = Run("deploy");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            [
                "Namespace tcptracer: applied", "ServiceAccount tcptracer: applied", "ClusterRole tcptracer: applied",
                "ClusterRoleBinding tcptracer: applied", "DaemonSet tcptracer: applied",
                "2 agents run; `tcptracer cluster` shows what they see",
            ],
            run.ErrorLines);
        Assert.Equal(
            [
                $"PATCH {Core}/namespaces/tcptracer{Applied}", $"PATCH {Core}/namespaces/tcptracer/serviceaccounts/tcptracer{Applied}",
                $"PATCH {Rbac}/clusterroles/tcptracer{Applied}", $"PATCH {Rbac}/clusterrolebindings/tcptracer{Applied}",
                $"PATCH {DaemonSet()}{Applied}",
            ],
            Store.Changes);
        // Each object is that of the manifest, to the last value
        Each.Of(Manifest(), one =>
        {
            var expected = (JsonObject)ApiStore.ToJson(one)!;
            string kind = expected["kind"]!.GetValue<string>();
            JsonObject made = Store.Find(Store.Paths("/").Single(p => Store.Find(p)!["kind"]?.GetValue<string>() == kind))!;
            foreach (string own in new[] { "uid", "generation" })
                ((JsonObject)made["metadata"]!).Remove(own);
            made.Remove("status");
            if (kind == "Namespace")
                expected["metadata"]!["labels"]!["app.kubernetes.io/managed-by"] = "kubectl-tcptracer";
            Assert.True(JsonNode.DeepEquals(expected, made), $"{expected.ToJsonString()}\n{made.ToJsonString()}");
        });
    }

    [Fact]
    public void DeployTakesAnotherNamespaceAndImage()
    {
        PlayController(ready: 2, space: "tracing");
        RunResult run = Run("deploy", "--namespace", "tracing", "--image", "registry.example/tcptracer:9");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            [
                $"PATCH {Core}/namespaces/tracing{Applied}", $"PATCH {Core}/namespaces/tracing/serviceaccounts/tcptracer{Applied}",
                $"PATCH {Rbac}/clusterroles/tcptracer-tracing{Applied}", $"PATCH {Rbac}/clusterrolebindings/tcptracer-tracing{Applied}",
                $"PATCH {DaemonSet("tracing")}{Applied}",
            ],
            Store.Changes);
        Assert.Equal("registry.example/tcptracer:9",
            Store.Find(DaemonSet("tracing"))!["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.GetValue<string>());
        JsonObject binding = Store.Find($"{Rbac}/clusterrolebindings/tcptracer-tracing")!;
        Assert.Equal(("tracing", "tcptracer-tracing"),
            (binding["subjects"]![0]!["namespace"]!.GetValue<string>(), binding["roleRef"]!["name"]!.GetValue<string>()));
    }

    private static JsonObject Waiting(string node, string state)
    {
        JsonObject pod = ThreeNodes.PodObject($"agent-{node}", node);
        JsonNode status = pod["status"]!["containerStatuses"]![0]!;
        status["ready"] = false;
        status["state"] = JsonNode.Parse(state);
        return pod;
    }

    [Fact]
    public void NodeThatDoesNotComeUpIsNamedWithTheReason()
    {
        PlayController(ready: 0, node => node == "node-1"
            ? Waiting(node, """{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image \"x:1\""} }""")
            : Waiting(node, """{"terminated":{"reason":"Error","exitCode":4,"message":"tcptracer: no BTF here\n"} }"""));
        RunResult run = Run("deploy", "--timeout", "1s");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("tcptracer: node node-1: its agent does not run: ImagePullBackOff: Back-off pulling image \"x:1\"",
            run.ErrorLines);
        Assert.Contains("tcptracer: node node-2: its agent does not run: its container ended with 4 (Error): "
            + "tcptracer: no BTF here", run.ErrorLines);
        Assert.Equal("tcptracer: this takes too long: 0 of 2 agents run (`tcptracer cluster status` tells more)", run.ErrorLines[^1]);
    }

    [Fact]
    public void UndeployRemovesEverythingThatDeployMade()
    {
        PlayController(ready: 2);
        Assert.Equal(0, Run("deploy").ExitCode);
        RunResult run = Run("undeploy");
        Assert.Equal(
            [
                "DaemonSet tcptracer: deleted", "ClusterRoleBinding tcptracer: deleted", "ClusterRole tcptracer: deleted",
                "ServiceAccount tcptracer: deleted", "Namespace tcptracer: deleted",
                "what the agents have recorded stays on the nodes, in /var/lib/tcptracer",
            ],
            run.ErrorLines);
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain(Store.Paths("/"), p => !p.Contains("/pods/", StringComparison.Ordinal));
        Assert.Equal(["DaemonSet tcptracer: is not there", "ClusterRoleBinding tcptracer: is not there",
            "ClusterRole tcptracer: is not there",
            "ServiceAccount tcptracer: is not there", "Namespace tcptracer: is not there"], Run("undeploy").ErrorLines);
    }

    /// <summary>Whatever else is in it would go with it.</summary>
    [Fact]
    public void NamespaceThatWasThereBeforeIsNeitherChangedNorDeleted()
    {
        string path = $"{Core}/namespaces/shop";
        JsonObject before = JsonNode.Parse("""{"kind":"Namespace","metadata":{"name":"shop","uid":"u"} }""")!.AsObject();
        Store.Put(path, before);
        PlayController(ready: 2, space: "shop");
        Assert.Contains("Namespace shop: is there, and stays as it is", Run("deploy", "-n", "shop").ErrorLines);
        Assert.Contains("Namespace shop: stays: it was not made by deploy", Run("undeploy", "-n", "shop").ErrorLines);
        Assert.True(JsonNode.DeepEquals(before, Store.Find(path)));
    }

    [Fact]
    public void MissingPermissionIsOneSentenceBeforeAnythingIsChanged()
    {
        Store.Allows = (verb, resource, _) => resource != "clusterroles" && resource != "daemonsets";
        RunResult run = Run("deploy");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"tcptracer: deploy needs a permission that context 'first' in {_cluster.File("config")} does not have: patch, "
            + "create clusterroles.rbac.authorization.k8s.io in the whole cluster and patch, create, get daemonsets.apps in namespace "
            + "tcptracer; have a Role or ClusterRole grant it (docs/kubectl.md says which each command needs)\n", run.Errors);
        Assert.Empty(Store.Changes);
    }

    [Fact]
    public void RefusedCredentialsAreOneSentence()
    {
        _cluster.Server.Token = "other";
        RunResult run = Run("deploy");
        Assert.Equal((1, $"tcptracer: the Kubernetes API at {_cluster.Server.Url} does not accept the credentials of context 'first' in "
            + $"{_cluster.File("config")} (401): renew them, or choose others with --kubeconfig or --context\n"), (run.ExitCode,
                run.Errors));
    }

    public void Dispose() => _cluster.Dispose();
}
