using System.Text.Json.Nodes;
using TcpTracer.Tests.Harness.Cri;
using TcpTracer.Tests.Workloads;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// A cluster of three nodes, each with a container runtime and a network namespace of its own, and an API server that really runs
/// commands in their containers. The agents' containers hold a script in place of the program; what it prints, a test decides.
/// </summary>
public sealed class ThreeNodes : IDisposable
{
    public const string Namespace = "tcptracer";
    private const string Sleep = "sleep 1000000";
    private readonly Lazy<bool> _started;
    private readonly List<PodOnHost> _pods = [];
    private readonly ContainerdHost[] _hosts = [new(), new(), new()];
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, (ContainerdHost Host, string Container)> _containers = [];

    public ThreeNodes() => _started = new Lazy<bool>(Prepare);

    public static string[] Names => ["node-1", "node-2", "node-3"];

    internal KubernetesCluster Cluster { get; } = new();

    internal ApiServer Server => _started.Value ? Cluster.Server : null!;

    /// <summary>The kubeconfig that leads there.</summary>
    public string Kubeconfig { get; private set; } = "";

    public static string PodOf(string node) => $"agent-{node}";

    /// <summary>The path of a node's agent on the API server.</summary>
    public static string PathOf(string pod) => $"/api/v1/namespaces/{Namespace}/pods/{pod}";

    private bool Prepare()
    {
        Kubeconfig = Cluster.Kubeconfig();
        for (int i = 0; i < Names.Length; i++)
            Run(i, PodOf(Names[i]));
        return true;
    }

    /// <summary>Runs an agent's pod on a node.</summary>
    private void Run(int node, string name)
    {
        Directory.CreateDirectory(FolderOf(Names[node]));
        Play(Names[node], "exit 0");
        PodOnHost pod = _hosts[node].RunPod(Namespace, name);
        _pods.Add(pod);
        string container = pod.Run(new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = "tcptracer" },
            Image = new ImageSpec { Image = BusyboxImage.Name },
            Command = { "/bin/sh", "-c", Sleep },
            Mounts =
            {
                new Mount { ContainerPath = "/data", HostPath = FolderOf(Names[node]) },
                new Mount { ContainerPath = "/bin/tcptracer", HostPath = FileOf(Names[node], "program"), Readonly = true },
            },
        });
        _containers[Names[node]] = (_hosts[node], container);
        Adopt(name, Names[node]);
        Cluster.Server.Store.Put(PathOf(name), PodObject(name, Names[node]));
    }

    /// <summary>Says that a pod's container is the one that runs on a node.</summary>
    public void Adopt(string pod, string node) => Cluster.Server.Exec.Put(pod, _containers[node].Host, _containers[node].Container);

    /// <summary>An agent's pod, as the API server has it.</summary>
    public static JsonObject PodObject(string name, string node) => JsonNode.Parse($$"""
        {"metadata":{"name":"{{name}}","namespace":"{{Namespace}}","uid":"uid-{{name}}","labels":{"app.kubernetes.io/name":"tcptracer"} },
        "spec":{"nodeName":"{{node}}","containers":[{"name":"tcptracer","image":"localhost/tcptracer:0.1.0"}]},
        "status":{"phase":"Running","containerStatuses":[{"name":"tcptracer","ready":true,"restartCount":0,
        "state":{"running":{"startedAt":"2026-11-23T14:00:00Z"} } }]} }
        """)!.AsObject();

    private string FolderOf(string node) => _folder.File(node);

    /// <summary>A file that the node's container has in <c>/data</c>.</summary>
    public string FileOf(string node, string name) => Path.Combine(FolderOf(node), name);

    /// <summary>
    /// Says what a node's <c>tcptracer</c> does: a shell script, in which <c>$*</c> are its arguments and <c>/data</c> is the node's
    /// folder.
    /// </summary>
    public void Play(string node, string script)
    {
        // In place: the container has mounted this very file
        using FileStream file = File.Open(FileOf(node, "program"), FileMode.OpenOrCreate);
        file.SetLength(0);
        file.Write(System.Text.Encoding.ASCII.GetBytes($"#!/bin/sh\necho \"$*\" >>/data/asked\n{script}\n"));
        file.Close();
        File.SetUnixFileMode(FileOf(node, "program"), (UnixFileMode)0b111_101_101);
    }

    /// <summary>The arguments with which a node's <c>tcptracer</c> was called so far.</summary>
    public string[] Asked(string node) => File.Exists(FileOf(node, "asked")) ? File.ReadAllLines(FileOf(node, "asked")) : [];

    /// <summary>Brings everything back to where it was at the beginning.</summary>
    public void Reset()
    {
        ApiServer server = Server;
        server.Exec.Speaks = [ApiExec.Version5, ApiExec.Version4];
        server.Exec.IsStrict = false;
        server.Exec.Refusal = null;
        server.Exec.Rates.Clear();
        server.Store.Allows = (_, _, _) => true;
        server.Store.Changed = (_, _) => { };
        foreach (string path in server.Store.Paths("/"))
            server.Store.Delete(path);
        foreach (string node in Names.Append("node-4"))
            server.Nodes.Delete(new JsonObject { ["metadata"] = new JsonObject { ["uid"] = node } });
        foreach (string node in Names)
        {
            File.Delete(FileOf(node, "asked"));
            server.Store.Put(PathOf(PodOf(node)), PodObject(PodOf(node), node));
            Play(node, "exit 0");
        }
    }

    public void Dispose()
    {
        foreach (PodOnHost pod in _pods)
            pod.Dispose();
        foreach (ContainerdHost host in _hosts)
            host.Dispose();
        Cluster.Dispose();
        _folder.Dispose();
    }
}
