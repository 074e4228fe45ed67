using System.Text.Json.Nodes;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Kubernetes;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Names from an API server, whatever happens to its lists and watches.</summary>
public sealed class KubernetesSourceTests : IDisposable
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

    [Fact]
    public void ListIsReadInPages()
    {
        foreach (int i in Enumerable.Range(0, 7))
            Server.Pods.Put(ApiBodies.Pod($"p{i}", $"10.244.2.{i}"));
        Server.Pods.PageLength = 3;
        Reports reports = _cluster.FollowSynced();
        Assert.Equal(1, reports.Count("pods 7"));
        Assert.Equal([$"{List}500", $"{List}500&continue=eyJ2%2B%2F%3D3", $"{List}500&continue=eyJ2%2B%2F%3D6"],
            Server.Requests.Select(r => r.Path).Where(p => p.StartsWith(List, StringComparison.Ordinal)));
        Assert.Equal("Pod shop/p6", reports.Owner("10.244.2.6"));
    }

    [Fact]
    public void ListIsRestartedWhenItsPagesHaveExpired()
    {
        foreach (int i in Enumerable.Range(0, 7))
            Server.Pods.Put(ApiBodies.Pod($"p{i}", $"10.244.2.{i}"));
        Server.Pods.PageLength = 3;
        Server.Pods.PagesBeforeExpiry = 2;
        Reports reports = _cluster.FollowSynced();
        Assert.Equal((1, 0), (reports.Count("pods"), reports.Count("problem")));
        Assert.Equal("pods 7", reports.All.Single(r => r.StartsWith("pods", StringComparison.Ordinal)));
        Assert.Equal(6, _cluster.Asked(List));
    }

    [Fact]
    public void TenThousandPodsAndServicesAreNamed()
    {
        JsonObject pod = ApiBodies.Load("pod-web"), service = ApiBodies.Load("service-web");
        foreach (int i in Enumerable.Range(0, 10_000))
        {
            (pod["metadata"]!["uid"], pod["metadata"]!["name"]) = ($"u{i:d5}", $"p{i}");
            ApiBodies.SetAddress(pod, $"10.{i / 250}.{i % 250}.1");
            Server.Pods.Put(pod);
            (service["metadata"]!["uid"], service["metadata"]!["name"]) = ($"u{i:d5}", $"s{i}");
            service["spec"]!["clusterIPs"] = new JsonArray($"10.{100 + i / 250}.{i % 250}.1");
            Server.Services.Put(service);
        }
        Reports reports = _cluster.FollowSynced();
        Assert.Equal((20, 20), (_cluster.Asked(List), _cluster.Asked("/api/v1/services?limit=")));
        Assert.Equal(("Pod shop/p9999", "Service shop/s9999"), (reports.Owner("10.39.249.1"), reports.Owner("10.139.249.1")));
    }

    [Fact]
    public void WatchFollowsAPodAndItsAddressToTheNextOwner()
    {
        Reports reports = _cluster.FollowSynced();
        JsonObject pod = ApiBodies.Pod("web", ip: null, phase: "Pending");
        ApiBodies.SetStart(pod, DateTimeOffset.UtcNow.AddMinutes(-5));
        JsonNode statuses = pod["status"]!["containerStatuses"]!.DeepClone();
        pod["status"]!["containerStatuses"] = new JsonArray();
        string cgroup = $"/kubepods/burstable/pod{ApiBodies.UidOf("web")}/";
        Server.Pods.Put(pod);
        reports.AwaitReport("pod web ");
        Assert.Equal("web", reports.WorkloadIn(cgroup + new string('2', 64)).Pod.ToString());

        long before = BootClock.Now;
        ApiBodies.SetAddress(pod, Ip);
        pod["status"]!["phase"] = "Running";
        pod["status"]!["containerStatuses"] = statuses;
        Server.Pods.Put(pod);
        reports.AwaitOwner(Ip, "Pod shop/web");
        // the pod had started minutes before, but without that address
        Assert.Null(reports.View.PeerAt(SampleEvents.AddressOf(Ip), before - 10_000_000_000));
        Assert.Equal("web", reports.WorkloadIn(cgroup + new string('2', 64)).Container.ToString());

        pod["metadata"]!["labels"]!["canary"] = "yes";
        Server.Pods.Put(pod);
        reports.Await(() => reports.WorkloadIn(cgroup + new string('2', 64)).Labels?.ContainsKey("canary") == true,
            "the label has not come");

        JsonNode web = pod["status"]!["containerStatuses"]![1]!;
        web["lastState"] = new JsonObject
        {
            ["terminated"] =
                new JsonObject { ["exitCode"] = 137, ["reason"] = "OOMKilled", ["containerID"] = "containerd://" + new string('2', 64) }
        };
        web["containerID"] = "containerd://" + new string('8', 64);
        web["restartCount"] = 1;
        Server.Pods.Put(pod);
        reports.Await(() => reports.WorkloadIn(cgroup + new string('8', 64)).Container.ToString() == "web",
            "the restarted container is not known");
        Assert.Equal("web", reports.WorkloadIn(cgroup + new string('2', 64)).Container.ToString());

        long owned = BootClock.Now;
        Server.Pods.Delete(pod);
        Server.Pods.Put(ApiBodies.Pod("next", Ip));
        reports.AwaitOwner(Ip, "Pod shop/next");
        Assert.Equal("web", reports.View.PeerAt(SampleEvents.AddressOf(Ip), owned)?.Name.ToString());
        Assert.Equal("web", reports.WorkloadIn(cgroup + new string('8', 64)).Pod.ToString()); // its connections may still be closing
        Assert.Equal(1, _cluster.Asked(List));
    }

    [Fact]
    public void WatchContinuesFromTheLastBookmark()
    {
        Reports reports = _cluster.FollowSynced();
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched");
        Assert.Contains("allowWatchBookmarks=true&resourceVersion=",
            Server.Requests.First(r => r.Path.StartsWith(Watch, StringComparison.Ordinal)).Path);
        Server.Pods.Compact();
        Server.Pods.Bookmark();
        Server.Pods.EndWatches();
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched again");
        Server.Pods.Put(ApiBodies.Pod("late"));
        reports.AwaitOwner(Ip, "Pod shop/late");
        // without the bookmark, the version to watch from would have been too old
        Assert.Equal((1, 0), (_cluster.Asked(List), reports.Count("problem")));
    }

    [Fact]
    public void OutdatedVersionCausesANewList()
    {
        JsonObject pod = ApiBodies.Pod("web");
        Server.Pods.Put(pod);
        Reports reports = _cluster.FollowSynced();
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched");
        Server.Kill();
        Server.Pods.Delete(pod);
        Server.Pods.Put(ApiBodies.Pod("next", "10.244.1.18"));
        Server.Pods.Compact();
        Server.Start();
        reports.AwaitOwner("10.244.1.18", "Pod shop/next");
        Assert.Null(reports.Owner(Ip));
        Assert.Equal(2, _cluster.Asked(List));
    }

    [Fact]
    public void ErrorWithinAWatchCausesANewList()
    {
        Reports reports = _cluster.FollowSynced();
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched");
        Server.Pods.SendError(410, "Expired", "The resourceVersion for the provided watch is too old.");
        reports.Await(() => reports.Count("pods") == 2, "there is no second list");
        Assert.Equal(0, reports.Count("problem"));
    }

    [Fact]
    public void WatchRefusedAsGoneCausesANewList()
    {
        Reports reports = _cluster.FollowSynced();
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched");
        int before = _cluster.Asked(List);
        Server.Pods.Refusal = (410, "Expired", "too old resource version");
        Server.Pods.EndWatches();
        reports.Await(() => _cluster.Asked(List) > before, "it does not list again"); // this shows that the watch was refused
        Server.Pods.Refusal = null;
        reports.Await(() => reports.Count("pods") == 2, "there is no second list");
        Assert.Equal(0, reports.Count("problem"));
    }

    [Fact]
    public void CutInsideAnObjectLosesNothing()
    {
        Reports reports = _cluster.FollowSynced();
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched");
        Server.Pods.PutAndCut(ApiBodies.Pod("web"));
        reports.AwaitOwner(Ip, "Pod shop/web");
        Assert.Equal((1, 1, 0), (_cluster.Asked(List), reports.Count("pod web"), reports.Count("problem")));
    }

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

    [Fact]
    public async Task LookUpEndsWithTheFirstAnswers()
    {
        using var little = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var source = _cluster.Find(_cluster.Kubeconfig())!;
        Reports reports = _cluster.FollowSynced(source);
        int before = Server.Requests.Count(r => r.Path.Contains("limit"));
        await source.LookUpAsync(new string('9', 64), "unknown", reports, little.Token);
        Assert.Equal(before, Server.Requests.Count(r => r.Path.Contains("limit")));
    }

    [Fact]
    public void EndedWatchesAreRestartedWithAPause()
    {
        _cluster.Surroundings = _cluster.Surroundings with
        {
            FirstDelay = TimeSpan.FromMinutes(10),
            LongestDelay = TimeSpan.FromMinutes(20)
        };
        Reports reports = _cluster.FollowSynced();
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched");
        int before = _cluster.Asked("/api/v1/pods");
        Server.Pods.EndWatches();
        Server.Services.Put(ApiBodies.Load("service-web"));
        reports.AwaitOwner("10.96.7.20", "Service shop/web"); // other watches go on
        Assert.Equal(before, _cluster.Asked("/api/v1/pods"));
    }

    public void Dispose() => _cluster.Dispose();
}
