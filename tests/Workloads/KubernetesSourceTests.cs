using System.Text.Json.Nodes;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Kubernetes;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Names from an API server: its objects, its lists and watches, and its failures.</summary>
public sealed partial class KubernetesSourceTests : IDisposable
{
    private const string Ip = "10.244.1.17";

    private const string List = "/api/v1/pods?limit=", Watch = "/api/v1/pods?watch=";

    private readonly KubernetesCluster _cluster = new();

    private ApiServer Server => _cluster.Server;

    [Fact]
    public void PodOfADeploymentIsNamedWithAllItsContainers()
    {
        JsonObject pod = ApiBodies.Load("pod-web");
        ApiBodies.SetStart(pod, DateTimeOffset.UtcNow.AddHours(-1));
        Server.Pods.Put(pod);
        Reports reports = _cluster.FollowSynced();
        reports.AwaitOwner(Ip, "Pod shop/web-7d4b9c6f8d-x2x9k");
        Assert.Equal("Pod shop/web-7d4b9c6f8d-x2x9k", reports.Owner("fd00:10:244:1::11"));

        string uid = pod["metadata"]!["uid"]!.GetValue<string>();
        Assert.Equal(
            [("migrate", "shop/migrate:4.2"), ("web", "shop/web:4.2"), ("proxy", "envoyproxy/envoy:v1.31.0"),
                ("debugger-k5v7m", "busybox:1.36")],
            "1234".Select(digit => reports.WorkloadIn("/kubepods.slice/kubepods-burstable.slice/"
                + $"kubepods-burstable-pod{uid.Replace('-', '_')}.slice/cri-containerd-{new string(digit, 64)}.scope"))
                .Select(w => (w.Container.ToString(), w.Image)));
        Workload workload = reports.WorkloadIn($"/kubepods/burstable/pod{uid}/{new string('2', 64)}");
        Assert.Equal(("shop", "web-7d4b9c6f8d-x2x9k", "Deployment/web", uid),
            (workload.Namespace.ToString(), workload.Pod.ToString(), workload.Owner, workload.PodUid));
        Assert.Equal(("web", "7d4b9c6f8d"), (workload.Labels!["app"], workload.Labels["pod-template-hash"]));
        Assert.Equal("worker-1", reports.View.Index.Pods[uid].Node);

        long age = BootClock.Now - reports.View.Index.Pods[uid].Claims[0].SinceNs;
        Assert.InRange(age / 1_000_000_000, 3595, 3660);
    }

    [Fact]
    public void EndedJobHasNoAddress()
    {
        JsonObject pod = ApiBodies.Load("pod-completed");
        Server.Pods.Put(pod);
        Reports reports = _cluster.FollowSynced();
        Assert.Null(reports.Owner("10.244.1.9"));
        Workload workload = reports.WorkloadIn($"/kubepods/pod{pod["metadata"]!["uid"]}/{new string('5', 64)}");
        Assert.Equal(("nightly-29374560-6kq4p", "Job/nightly-29374560"), (workload.Pod.ToString(), workload.Owner));
    }

    [Fact]
    public void AddressOfAJobEndsWithTheJobAndNotWithItsObject()
    {
        JsonObject pod = ApiBodies.Load("pod-completed");
        pod["status"]!["phase"] = "Running";
        Server.Pods.Put(pod);
        Reports reports = _cluster.FollowSynced();
        reports.AwaitOwner("10.244.1.9", "Pod batch/nightly-29374560-6kq4p");
        pod["status"]!["phase"] = "Failed";
        Server.Pods.Put(pod);
        reports.AwaitOwner("10.244.1.9", null);
    }

    [Fact]
    public void PodKeepsItsAddressUntilItsDeletionIsComplete()
    {
        JsonObject pod = ApiBodies.Pod("ending");
        Server.Pods.Put(pod);
        Reports reports = _cluster.FollowSynced();
        pod["metadata"]!["deletionTimestamp"] = "2026-03-02T10:00:00Z";
        pod["metadata"]!["deletionGracePeriodSeconds"] = 30;
        Server.Pods.Put(pod);
        reports.AwaitReport("pod ending");
        reports.AwaitOwner(Ip, "Pod shop/ending");
        Server.Pods.Delete(pod);
        reports.AwaitOwner(Ip, null);
    }

    [Fact]
    public void OnlyContainerIsKnownFromTheSpecification()
    {
        JsonObject pod = ApiBodies.Pod("early", ip: null, phase: "Pending");
        foreach (string status in (string[])["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"])
            pod["status"]!.AsObject().Remove(status);
        JsonObject several = (JsonObject)pod.DeepClone();
        (several["metadata"]!["uid"], several["metadata"]!["name"]) = (ApiBodies.UidOf("several"), "several");
        foreach (string others in (string[])["initContainers", "ephemeralContainers"])
            pod["spec"]!.AsObject().Remove(others);
        pod["spec"]!["containers"]!.AsArray().RemoveAt(1);
        Server.Pods.Put(pod);
        Server.Pods.Put(several);
        Reports reports = _cluster.FollowSynced();
        foreach (string name in (string[])["early", "several"])
            reports.Tracker.OnUnnamedContainer($"{ApiBodies.UidOf(name)[^4..]}{new string('9', 60)}", ApiBodies.UidOf(name));
        string ContainerOf(string name) => reports.WorkloadIn(
            $"/kubepods/pod{ApiBodies.UidOf(name)}/{ApiBodies.UidOf(name)[^4..]}{new string('9', 60)}").Container.ToString();
        Assert.Equal("web", ContainerOf("early"));
        Assert.StartsWith(ApiBodies.UidOf("several")[^4..], ContainerOf("several"));
    }

    /// <summary>Its phase is still Running, and its address still stands there. Another pod may have it already.</summary>
    [Fact]
    public void TerminatingPodOwnsItsAddressUntilItsLastContainerHasEnded()
    {
        JsonObject pod = ApiBodies.Pod("ending");
        ApiBodies.SetStart(pod, DateTimeOffset.UtcNow.AddMinutes(-10));
        Server.Pods.Put(pod);
        Reports reports = _cluster.FollowSynced();
        reports.AwaitOwner(Ip, "Pod shop/ending");
        pod["metadata"]!["deletionTimestamp"] = "2026-03-02T10:00:00Z";
        DateTimeOffset end = DateTimeOffset.UtcNow.AddMinutes(-1);
        foreach (JsonNode? container in pod["status"]!["containerStatuses"]!.AsArray())
        {
            Server.Pods.Put(pod);
            reports.Await(() => reports.Owner(Ip) == "Pod shop/ending", "it has lost its address too early");
            container!["state"] = new JsonObject { ["terminated"] = Terminated(end) };
        }
        pod["status"]!["ephemeralContainerStatuses"]![0]!["state"] = new JsonObject { ["terminated"] = Terminated(end.AddSeconds(-5)) };
        Server.Pods.Put(pod);
        reports.AwaitOwner(Ip, null);
        long ended = BootClock.Now - (long)(DateTimeOffset.UtcNow - end).TotalSeconds * 1_000_000_000;
        Assert.Equal("ending", reports.View.PeerAt(SampleEvents.AddressOf(Ip), ended - 1_000_000_000)?.Name.ToString());
        Assert.Null(reports.View.PeerAt(SampleEvents.AddressOf(Ip), ended + 4_000_000_000));
    }

    private static JsonObject Terminated(DateTimeOffset at) => new()
    {
        ["exitCode"] = 0,
        ["finishedAt"] = at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
    };

    [Fact]
    public void HostAddressBelongsToTheNodeAndNotToAHostNetworkPod()
    {
        Server.Pods.Put(ApiBodies.Load("pod-host-network"));
        Server.Nodes.Put(ApiBodies.Load("node-worker"));
        Reports reports = _cluster.FollowSynced();
        reports.AwaitOwner("192.0.2.11", "Node /worker-1");
        Assert.Equal("Node /worker-1", reports.Owner("203.0.113.11"));
        Assert.Equal("Node /worker-1", reports.Owner("2001:db8::11"));
        Assert.Equal("worker-1", reports.Tracker.NodeOfBoot("9f2b7c1d-3e4a-4b5c-8d6e-7f8091a2b3c4"));
        Assert.Equal("kube-proxy-9q7xl",
            reports.WorkloadIn($"/kubepods/besteffort/pode1c7e0a4-2f39-4a67-8f9a-7b6a5c4d0003/{new string('6', 64)}").Pod.ToString());
    }

    [Fact]
    public void StaticPodIsKnownByTheHashInItsCgroupNames()
    {
        Server.Pods.Put(ApiBodies.Load("pod-static"));
        Reports reports = _cluster.FollowSynced();
        Workload workload = reports.WorkloadIn($"/kubepods/burstable/pod8f14e45fceea167a5a36dedd4bea2543/{new string('7', 64)}");
        Assert.Equal(("registry-mirror-worker-1", "registry", "Node/worker-1"),
            (workload.Pod.ToString(), workload.Container.ToString(), workload.Owner));
        Server.Pods.Delete(ApiBodies.Load("pod-static"));
        reports.AwaitReport("gone 8f14e45fceea167a5a36dedd4bea2543");
    }

    [Fact]
    public void ServicesAreKnownByAllTheirClusterAddresses()
    {
        JsonObject service = ApiBodies.Load("service-web");
        Server.Services.Put(service);
        Server.Services.Put(ApiBodies.Load("service-headless"));
        Reports reports = _cluster.FollowSynced();
        reports.AwaitOwner("10.96.7.20", "Service shop/web");
        Assert.Equal("Service shop/web", reports.Owner("fd00:10:96::714"));
        Assert.Equal("web", Assert.Single(reports.View.Index.Services.Values).Name); // a service without a cluster address is nobody's peer
        reports.Await(() => Server.Services.Watches == 1, "services are not watched");
        Server.Services.Delete(service);
        reports.AwaitOwner("10.96.7.20", null);
    }

    [Fact]
    public void ServicesAreKnownByTheirExternalAddresses()
    {
        JsonObject service = ApiBodies.Load("service-web"), headless = ApiBodies.Load("service-headless");
        service["spec"]!["externalIPs"] = new JsonArray("198.51.100.7");
        service["status"] = JsonNode.Parse(
            """{"loadBalancer":{"ingress":[{"ip":"198.51.100.8","ipMode":"VIP"},{"hostname":"lb.example"},{"ip":"192.0.2.11"}]}}""");
        Server.Services.Put(service);
        Server.Services.Put(headless);
        Server.Nodes.Put(ApiBodies.Load("node-worker"));
        Reports reports = _cluster.FollowSynced();
        reports.AwaitOwner("198.51.100.7", "Service shop/web");
        reports.AwaitOwner("198.51.100.8", "Service shop/web");
        reports.AwaitOwner("192.0.2.11", "Node /worker-1"); // some load balancers publish the addresses of nodes
        Assert.Equal("web", Assert.Single(reports.View.Index.Services.Values).Name);
        reports.Await(() => Server.Services.Watches == 1, "services are not watched");
        service["status"] = JsonNode.Parse("""{"loadBalancer":{}}""");
        Server.Services.Put(service);
        reports.AwaitOwner("198.51.100.8", null);
        Assert.Equal(("Service shop/web", "Service shop/web"), (reports.Owner("198.51.100.7"), reports.Owner("10.96.7.20")));
        Server.Services.Delete(service);
        reports.AwaitOwner("198.51.100.7", null);
    }

    public void Dispose() => _cluster.Dispose();
}
