using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Policies;
using TcpTracer.Tests.Formats.Connections;
using Xunit;

namespace TcpTracer.Tests.Replay.Policies;

/// <summary>What policies are made of.</summary>
public sealed class PolicyTableTests
{
    private static string Uid(int number) => $"00000000-0000-0000-0000-{number:x12}";

    [Fact]
    public void WorkloadsOfOneSelectorAreNamedInOrder()
    {
        TcpEvent connect = Gathered.Of(Operation.Connect, 0, 1_000_000);
        var labels = PodInfo.NoLabels.Add("app", "shop");
        PodInfo[] pods =
        [
            .. new[] { "web", "db", "cart", "api" }.Select((name, i) => new PodInfo(Uid(i), "shop", $"{name}-0")
            {
                Owner = $"Deployment/{name}", Labels = labels, Claims = i == 0 ? [new AddressClaim(connect.Saddr.OnWire, 0)] : [],
            }),
        ];
        string path = $"/kubepods/burstable/pod{Uid(0)}/{new string('c', 64)}";
        var change = new WorkloadChange(0)
        {
            Pods = [.. pods],
            Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, connect.Process.Cgroup, path)],
        };
        WorkloadView view = new WorkloadView(new SafeText("node")).With(change);
        connect.NameBy(view);
        var table = new PolicyTable(new SelectedEnds(null));
        var tracker = new ConnectionTracker(table);
        tracker.OnWorkloads(change, view);
        tracker.OnEvent(in connect);
        tracker.Finish();
        SeenPolicy policy = Assert.Single(table.Policies(), p => p.Workload.Name == "web");
        Assert.Equal(["api", "cart", "db"], policy.Twins.Select(t => t.Name));
    }
}
