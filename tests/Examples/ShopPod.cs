using System.Text.Json.Nodes;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Harness.Cri;
using TcpTracer.Tests.Kubernetes;

namespace TcpTracer.Tests.Examples;

/// <summary>A pod of the shop: it runs on the node, and the Kubernetes API knows it.</summary>
internal sealed class ShopPod
{
    private readonly PodOnHost _pod;
    private readonly JsonObject _body;
    private readonly Action<JsonObject> _report;
    private string? _main;

    /// <summary>Makes a pod without containers.</summary>
    /// <param name="host">The node.</param>
    /// <param name="report">Reports it to the API.</param>
    /// <param name="name">Such as <c>shop/web-7d4b9c6f8d-x2x9k</c>.</param>
    /// <param name="owner">Such as <c>ReplicaSet/web-7d4b9c6f8d</c>.</param>
    /// <param name="labels">Such as <c>app=web,tier=front</c>.</param>
    public ShopPod(ContainerdHost host, Action<JsonObject> report, string name, string owner, string labels)
    {
        string[] names = name.Split('/'), owners = owner.Split('/');
        _report = report;
        _pod = host.RunPod(names[0], names[1]);
        _body = JsonNode.Parse($$"""
            {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{names[1]}}","namespace":"{{names[0]}}","uid":"{{_pod.Uid}}","labels":{},
            "ownerReferences":[{"kind":"{{owners[0]}}","name":"{{owners[1]}}","controller":true}]},
            "spec":{"nodeName":"worker-1","containers":[]},
            "status":{"phase":"Running","hostIP":"{{ContainerdHost.NodeAddress}}","podIP":"{{_pod.Address}}",
            "podIPs":[{"ip":"{{_pod.Address}}"}],"containerStatuses":[]} }
            """)!.AsObject();
        ApiBodies.SetStart(_body, DateTimeOffset.UtcNow);
        foreach (string[] label in labels.Split(',').Select(l => l.Split('=')))
            _body["metadata"]!["labels"]![label[0]] = label[1];
        _report(_body);
    }

    public string Address => _pod.Address;

    /// <summary>The network namespace of its first container.</summary>
    public string Netns => $"/proc/{_pod.Pids(_main!)[0]}/ns/net";

    /// <summary>Runs a container in it.</summary>
    /// <param name="container">The container's name.</param>
    /// <param name="image">The image that the API tells.</param>
    /// <param name="command">The name of its process.</param>
    /// <param name="arguments">Arguments of <c>service.c</c>.</param>
    public string Run(string container, string image, string command, params string[] arguments)
    {
        var config = new ContainerConfig
        {
            Metadata = new ContainerMetadata { Name = container },
            Image = new ImageSpec { Image = BusyboxImage.Name },
            Command = { $"/app/{command}" },
            Args = { arguments },
            Mounts = { new Mount { ContainerPath = $"/app/{command}", HostPath = Shop.Service, Readonly = true } },
        };
        string id = _pod.Run(config);
        _main ??= id;
        _body["spec"]!["containers"]!.AsArray().Add(new JsonObject { ["name"] = container, ["image"] = image });
        _body["status"]!["containerStatuses"]!.AsArray()
            .Add(new JsonObject { ["name"] = container, ["image"] = image, ["containerID"] = $"containerd://{id}" });
        _report(_body);
        return id;
    }

    /// <summary>Runs the container of a service, and returns when it listens.</summary>
    public ShopPod Serve(string image, string command, int port, int workers, int backlog, params string[] routes)
    {
        string id = Run(command, image, command, ["serve", $"{port}", $"{workers}", $"{backlog}", .. routes]);
        ContainerdHost.Await($"{command} does not listen", () => File.ReadAllText($"/proc/{_pod.Pids(id)[0]}/net/tcp")
            .Contains($":{port:X4} 00000000:0000 0A", StringComparison.Ordinal));
        return this;
    }

    public void AwaitEnd(string container) => _pod.AwaitEnd(container);
}
