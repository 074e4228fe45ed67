using System.Globalization;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Harness.Cri;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Cluster;

/// <summary>
/// Real agents in real pods of two nodes, read through the API server: each records one end of the same connections. Here, both nodes are
/// one kernel, so each agent records one network namespace.
/// </summary>
public sealed class RealAgentsTests : IDisposable
{
    private static readonly string[] s_nodes = ["node-1", "node-2"];
    private readonly TwoHosts _hosts = new();
    private readonly ContainerdHost[] _runtimes = [new(), new()];
    private readonly List<PodOnHost> _pods = [];
    private readonly KubernetesCluster _cluster = new();
    private readonly TemporaryFolder _folder = new();
    private HttpServer? _web;

    private string Output => _folder.File("all.tct");

    private string Data(int node) => _folder.File(s_nodes[node]);

    private void Prepare()
    {
        _web = new HttpServer(_hosts.Right, 8080);
        for (int i = 0; i < s_nodes.Length; i++)
        {
            Directory.CreateDirectory(Data(i));
            string wrapper = Path.Combine(Data(i), "tcptracer");
            File.WriteAllText(wrapper, $"#!/bin/sh\nexec {TcptracerProgram.Path} \"$@\"\n");
            File.SetUnixFileMode(wrapper, (UnixFileMode)0b111_101_101);
            string netns = i == 0 ? _hosts.Left : _hosts.Right;
            string inode = Shell.Run($"stat -L -c %i /run/netns/{netns}").Output.Trim(), name = $"agent-{s_nodes[i]}";
            PodOnHost pod = _runtimes[i].RunPod("tcptracer", name, hostPid: true);
            _pods.Add(pod);
            string container = pod.Run(Agent(i, inode));
            _cluster.Server.Exec.Put(name, _runtimes[i], container);
            _cluster.Server.Store.Put(ThreeNodes.PathOf(name), ThreeNodes.PodObject(name, s_nodes[i]));
        }
        foreach (int i in new[] { 0, 1 })
        {
            string log = Path.Combine(_runtimes[i].Logs, s_nodes[i]);
            ContainerdHost.Await("the agent does not record", () => File.Exists(log)
                && File.ReadAllText(log).Contains("recording to", StringComparison.Ordinal));
        }
    }

    private ContainerConfig Agent(int node, string netns)
    {
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = "tcptracer" },
            Image = new ImageSpec { Image = BusyboxImage.Name },
            Command =
            {
                "/bin/sh", "-c", $"exec tcptracer agent -o /data/ring.tct --no-kubernetes --netns {netns}",
            },
            Envs =
            {
                new KeyValue { Key = "NODE_NAME", Value = s_nodes[node] },
                new KeyValue { Key = "TCPTRACER_AGENT", Value = "/data/agent.sock" },
                new KeyValue { Key = "DOTNET_ROOT", Value = Path.GetFullPath(Path.Combine(
                    System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "../../..")) },
            },
            LogPath = s_nodes[node],
            Mounts =
            {
                new Mount { ContainerPath = "/data", HostPath = Data(node) },
                new Mount { ContainerPath = "/bin/tcptracer", HostPath = Path.Combine(Data(node), "tcptracer"), Readonly = true },
            },
            Linux = new LinuxContainerConfig
            {
                SecurityContext = new LinuxContainerSecurityContext
                {
                    Capabilities = new Capability { AddCapabilities = { "BPF", "PERFMON" } },
                },
            },
        };
        // What the program needs of this machine, at the same places
        string[] folders = ["/usr", "/lib", "/lib64", Path.GetDirectoryName(TcptracerProgram.Path)!, config.Envs[2].Value];
        foreach (string folder in folders.Where(Directory.Exists).Distinct())
            config.Mounts.Add(new Mount { ContainerPath = folder, HostPath = Path.GetFullPath(folder), Readonly = true });
        return config;
    }

    /// <summary>Makes connections from node 1 to node 2, one after the other.</summary>
    private void Connect(int count) => Shell.Run(string.Create(CultureInfo.InvariantCulture,
        $"for i in $(seq {count}); do nsenter --net=/run/netns/{_hosts.Left} curl -s http://{TwoHosts.RightV4}:{_web!.Port}/; done"));

    private string[] Command(params string[] words) => ["cluster", .. words, "--kubeconfig", _cluster.Kubeconfig()];

    /// <summary>For each node, how many of its events are of this kind.</summary>
    private static (string, int)[] Count(IEnumerable<string> json, string operation) => [.. json
        .Where(l => l.Contains($"\"operation\":\"{operation}\"", StringComparison.Ordinal))
        .GroupBy(l => l.Split("\"node\":\"")[1].Split('"')[0]).Select(g => (g.Key, g.Count())).OrderBy(g => g.Key, StringComparer.Ordinal)];

    [PodFact]
    public void BothEndsOfEachConnectionComeOnceThoughAStreamBreaks()
    {
        Prepare();
        Connect(5);
        Thread.Sleep(1500); // both rings have these
        RunResult past = TcptracerProgram.Run(Command("collect", "-o", Output, "--since", "10m"));
        Assert.True(past.ExitCode == 3, past.Errors); // these agents have not recorded for so long
        string[] shown = TcptracerProgram.Run("show", Output, "-o", "json").Lines;
        Assert.Equal([("node-1", 5)], Count(shown, "connect"));
        Assert.Equal([("node-2", 5)], Count(shown, "accept"));

        using TcptracerProgram live = TcptracerProgram.StartWatching(Command("-A", "-o", "json"));
        using TcptracerProgram record = TcptracerProgram.StartWatching(Command("record", "-o", _folder.File("coming.tct")));
        ContainerdHost.Await("the streams do not begin", () => s_nodes.All(n => _cluster.Server.Exec.Open($"agent-{n}") == 2));
        Thread.Sleep(3000); // the agents' readers have begun
        Connect(10);
        _cluster.Server.Exec.Break("agent-node-2");
        Connect(10);
        live.AwaitError("node node-2: taken up again without a gap");
        record.AwaitError("node node-2: taken up again without a gap");
        Connect(5);
        live.Await(() => Count(live.OutputSoFar.Split('\n'), "accept") is [(_, 25)], "to show all");
        RunResult run = live.Stop(), recorded = record.Stop();
        Assert.Equal((0, 0), (run.ExitCode, recorded.ExitCode));
        string[] coming = TcptracerProgram.Run("show", _folder.File("coming.tct"), "-o", "json").Lines;
        Each.Of(new[] { run.Lines, coming }, lines =>
        {
            Assert.Equal([("node-1", 25)], Count(lines, "connect"));
            Assert.Equal([("node-2", 25)], Count(lines, "accept"));
        });
        Assert.Equal(25, TcptracerProgram.Run("show", _folder.File("coming.tct"), "--connections", "-o", "json").Lines.Length);
        RunResult status = TcptracerProgram.Run(Command("status"));
        Assert.Matches(@"(?m)^node-1 +records +0\.1\.0 +20\d\d-\S+ +\d+ +0 +0 +agent-node-1$", status.Output);
        ContainerdHost.Await("a reader goes on", () => s_nodes.All(n => _cluster.Server.Exec.Open($"agent-{n}") == 0));
    }

    public void Dispose()
    {
        foreach (PodOnHost pod in _pods)
            pod.Dispose();
        foreach (ContainerdHost runtime in _runtimes)
            runtime.Dispose();
        _web?.Dispose();
        _hosts.Dispose();
        _cluster.Dispose();
        _folder.Dispose();
    }
}
