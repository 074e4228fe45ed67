using System.Text.Json.Nodes;
using TcpTracer.Recorder.Machine;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Kubernetes;
using Xunit;

namespace TcpTracer.Tests.Workloads;

// Lists in pages, and watches that go on from them, whatever ends or cuts them
public sealed partial class KubernetesSourceTests
{
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
}
