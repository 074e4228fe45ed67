using System.Text.Json.Nodes;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cluster;

/// <summary><c>tcptracer cluster status</c>, and agents that live as long as one command (<c>--once</c>).</summary>
public sealed class ClusterStatusTests(ThreeNodes nodes) : IClassFixture<ThreeNodes>
{
    private const string Core = "/api/v1/namespaces/tcptracer";

    private const string Good = """
        {"can_record":true,"findings":[{"subject":"kernel","works":true,"required":true,"detail":"6.1"},
        {"subject":"fexit","works":false,"required":false,"detail":"this kernel refuses it"}],
        "sources":[{"name":"CRI at /run/containerd/containerd.sock","answers":true,"detail":"answering"}],
        "agent":{"tool":"tcptracer 0.1.0","node":"node-1","set":"/x","file":"/x-1","started":"2026-11-23T14:00:05.25+00:00","captured":1200,
        "lost":{"ring-full":3,"evicted":4},"readers":1,"sources":[],"refused":[]} }
        """;

    private string[] Cluster(params string[] options) => ["cluster", .. options, "--kubeconfig", nodes.Kubeconfig];

    private void PutNodes(params string[] names)
    {
        foreach (string name in names)
        {
            nodes.Server.Nodes.Put(JsonNode.Parse($$"""
                {"metadata":{"name":"{{name}}","uid":"{{name}}","labels":{"kubernetes.io/os":"linux"} },"spec":{},
                "status":{"conditions":[{"type":"Ready","status":"True"}]} }
                """)!.AsObject());
        }
    }

    [ContainerFact]
    public void StatusTellsHowEachAgentDoes()
    {
        nodes.Reset();
        PutNodes("node-1", "node-2", "node-3", "node-4");
        nodes.Play("node-1", $"cat <<'END'\n{Good}\nEND");
        nodes.Play("node-2", "echo 'exec format error' >&2; exit 1");
        JsonObject crashing = ThreeNodes.PodObject(ThreeNodes.PodOf("node-3"), "node-3");
        JsonNode status = crashing["status"]!["containerStatuses"]![0]!;
        (status["ready"], status["restartCount"]) = (false, 7);
        status["state"] = JsonNode.Parse("""{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s"} }""");
        status["lastState"] = JsonNode.Parse("""{"terminated":{"reason":"Error","exitCode":4} }""");
        nodes.Server.Store.Put(ThreeNodes.PathOf(ThreeNodes.PodOf("node-3")), crashing);
        RunResult run = TcptracerProgram.Run(Cluster("status"));
        Assert.Equal("", run.Errors);
        Assert.Equal(
            [
                "NODE|STATE|VERSION|SINCE|EVENTS|LOST|RESTARTS|POD",
                "node-1|records|0.1.0|2026-11-23T14:00:05Z|1200|7|0|agent-node-1",
                "node-2|does not answer: exec format error|0|agent-node-2",
                "node-3|does not run: CrashLoopBackOff: its container ended with 4 (Error)|7|agent-node-3",
                "node-4|has no agent",
                "node-1: fexit: this kernel refuses it",
            ],
            run.Lines.Select(l => System.Text.RegularExpressions.Regex.Replace(l.TrimEnd(), "  +", "|")));
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["doctor -o json"], nodes.Asked("node-1"));
        RunResult json = TcptracerProgram.Run(Cluster("status", "-o", "json"));
        Assert.Equal((1, ""), (json.ExitCode, json.Errors));
        Assert.Equal(
            [
                """{"node":"node-1","records":true,"state":"records","version":"0.1.0","started":"2026-11-23T14:00:05Z","captured":1200,"""
                    + """ "lost":7,"restarts":0,"pod":"agent-node-1","limits":["fexit: this kernel refuses it"]}""".TrimStart(),
                """{"node":"node-2","records":false,"state":"does not answer: exec format error","restarts":0,"""
                    + """ "pod":"agent-node-2","limits":[]}""".TrimStart(),
                """{"node":"node-3","records":false,"state":"does not run: CrashLoopBackOff: its container ended with 4 (Error)","""
                    + """ "restarts":7,"pod":"agent-node-3","limits":[]}""".TrimStart(),
                """{"node":"node-4","records":false,"state":"has no agent","limits":[]}""",
            ],
            json.Lines);
        Assert.Equal(0, TcptracerProgram.Run(Cluster("status", "--node", "node-1")).ExitCode);
        RunResult mistyped = TcptracerProgram.Run(Cluster("status", "--node", "nod-1"));
        Assert.Equal(1, mistyped.ExitCode);
        Assert.StartsWith("tcptracer: --node selects none of the nodes that have an agent: ", mistyped.Errors, StringComparison.Ordinal);
        Each.Of(new[] { "", "null", "{}", "[1]", """{"can_record":1}""", "<html>" }, answer =>
        {
            nodes.Play("node-1", $"echo '{answer}'");
            RunResult odd = TcptracerProgram.Run(Cluster("status", "--node", "node-1"));
            Assert.Equal(1, odd.ExitCode);
            Assert.Contains("does not answer", odd.Output, StringComparison.Ordinal);
        });
    }

    private void PlayKubelet()
    {
        PutNodes(ThreeNodes.Names);
        foreach (string path in nodes.Server.Store.Paths($"{Core}/pods/agent-"))
            nodes.Server.Store.Delete(path);
        nodes.Server.Store.Changed = (method, path) =>
        {
            if (method != "POST" || path != $"{Core}/pods")
                return;
            foreach (string made in nodes.Server.Store.Paths($"{Core}/pods/tcptracer-once"))
            {
                JsonObject pod = nodes.Server.Store.Find(made)!;
                string node = pod["spec"]!["nodeName"]!.GetValue<string>();
                pod["status"] = ThreeNodes.PodObject("x", node)["status"]!.DeepClone();
                nodes.Server.Store.Put(made, pod);
                nodes.Adopt(made.Split('/')[^1], node);
            }
        };
    }

    [ContainerFact]
    public void OnceRunsAgentsForAsLongAsTheCommandLasts()
    {
        nodes.Reset();
        PlayKubelet();
        var traces = new NodeTraces(30);
        for (int i = 0; i < 2; i++)
        {
            File.WriteAllBytes(nodes.FileOf(ThreeNodes.Names[i], "trace.tct"), traces.Of(i));
            nodes.Play(ThreeNodes.Names[i], "cat /data/trace.tct; exec cat >/dev/null");
        }
        using TcptracerProgram program = TcptracerProgram.StartWatching(
            Cluster("--once", "-A", "-o", "json", "--node", "!node-3", "--image", "registry.example/t:1", "--delay", "100ms"));
        program.Await(() => program.OutputSoFar.Count(c => c == '\n') == traces.Events(0) + traces.Events(1), "to show all events");
        Assert.Empty(nodes.Server.Failures);
        string[] pods = nodes.Server.Store.Paths($"{Core}/pods/tcptracer-once-");
        Assert.Equal(2, pods.Length);
        JsonObject owner = nodes.Server.Store.Find(Assert.Single(nodes.Server.Store.Paths($"{Core}/configmaps/")))!;
        Each.Of(pods, path =>
        {
            JsonObject pod = nodes.Server.Store.Find(path)!;
            JsonNode spec = pod["spec"]!, container = spec["containers"]![0]!;
            Assert.Equal(owner["metadata"]!["uid"]!.GetValue<string>(),
                pod["metadata"]!["ownerReferences"]![0]!["uid"]!.GetValue<string>());
            Assert.InRange(spec["activeDeadlineSeconds"]!.GetValue<long>(), 3600, 4000);
            Assert.Equal("Never", spec["restartPolicy"]!.GetValue<string>());
            Assert.Equal("registry.example/t:1", container["image"]!.GetValue<string>());
            Assert.Equal("""{"drop":["ALL"],"add":["BPF","PERFMON"]}""", container["securityContext"]!["capabilities"]!.ToJsonString());
            Assert.DoesNotContain("/var/lib/tcptracer\",\"type", spec["volumes"]!.ToJsonString(),
                StringComparison.Ordinal); // its ring is its own
            Assert.Null(spec["serviceAccountName"]); // there is none without deploy
        });
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("tcptracer: starting an agent on 2 nodes for this run", run.ErrorLines[0]);
        Assert.Empty(nodes.Server.Store.Paths(Core + "/"));
        Assert.Null(nodes.Server.Store.Find(Core)); // the namespace was made for this run as well
    }

    /// <summary>What a killed run leaves has an owner and an end of its own. The next run deletes it when it has ended.</summary>
    [ContainerFact]
    public void LeftoversOfAKilledRunEndByThemselvesAndAreDeletedByTheNext()
    {
        nodes.Reset();
        PlayKubelet();
        nodes.Play("node-1", "exec cat >/dev/null");
        using (TcptracerProgram killed = TcptracerProgram.StartWatching(Cluster("--once", "-A", "--node", "node-1", "--duration", "100s")))
        {
            killed.Signal(9);
            killed.Wait();
        }
        string left = Assert.Single(nodes.Server.Store.Paths($"{Core}/pods/"));
        JsonObject pod = nodes.Server.Store.Find(left)!;
        Assert.InRange(pod["spec"]!["activeDeadlineSeconds"]!.GetValue<long>(), 100, 500);
        pod["status"]!["phase"] = "Failed"; // the deadline has come
        nodes.Server.Store.Put(left, pod);
        File.WriteAllBytes(nodes.FileOf("node-1", "trace.tct"), new NodeTraces(3).Of(0));
        nodes.Play("node-1", "cat /data/trace.tct; exec cat >/dev/null");
        Assert.Equal(0, TcptracerProgram.Run(Cluster("--once", "-A", "--node", "node-1", "--duration", "1s")).ExitCode);
        Assert.Empty(nodes.Server.Store.Paths(Core + "/"));
    }

    [ContainerFact]
    public void OnceIsRefusedBeforehandWithoutThePermissions()
    {
        nodes.Reset();
        nodes.Server.Store.Allows = (verb, resource, _) => (verb, resource) != ("create", "pods");
        int before = nodes.Server.Store.Changes.Length;
        RunResult run = TcptracerProgram.Run(Cluster("--once", "-A"));
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("tcptracer: --once needs a permission that context 'first' in ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("create pods in namespace tcptracer; ", run.Errors, StringComparison.Ordinal);
        Assert.Equal(before, nodes.Server.Store.Changes.Length);
    }
}
