using System.Collections.Immutable;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Which pod, service or node an address belonged to: over a day one address belongs to many.</summary>
public sealed class AddressOwnerTests
{
    private const long Second = 1_000_000_000;
    private static readonly Address s_address = new([10, 0, 0, 7]), s_mapped = new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7]);

    private static PodInfo Pod(string name, long since, long? until = null) => new(name, "ns", name)
    {
        Claims = [new AddressClaim(s_address, since * Second, until * Second)]
    };

    private static WorkloadIndex Index(params PodInfo[] pods) => WorkloadIndex.Empty.With(new WorkloadChange(0) { Pods = [.. pods] });

    private static string? At(WorkloadIndex index, long second, Address? address = null) =>
        index.PeerAt(address ?? s_address, second * Second)?.Name.ToString();

    [Fact]
    public void AddressPassesFromOneOwnerToTheNext()
    {
        WorkloadIndex index = Index(Pod("a", 10, 20), Pod("b", 20), Pod("c", 100, 110));
        Assert.Equal([null, "a", "a", "b", "b", "c", "b"], new long[] { 1, 10, 19, 20, 99, 105, 110 }.Select(s => At(index, s)));
        Assert.Equal("a", At(index, 15, s_mapped));
    }

    [Fact]
    public void LaterOfTwoClaimsOwnsTheAddress() => Assert.Equal("b", At(Index(Pod("a", 10), Pod("b", 15)), 20));

    [Fact]
    public void LateReportedPodOwnsItsAddressFromTheStart()
    {
        WorkloadIndex index = Index(Pod("a", 10, 20), Pod("b", 30));
        Assert.Equal([null, "b", "b"], new long[] { 24, 25, 29 }.Select(s => At(index, s)));
    }

    [Fact]
    public void EndedJobOwnsNoAddress() => Assert.Null(At(Index(Pod("job", 10, 20)), 21));

    [Fact]
    public void PodsServicesAndNodesAreFoundByAddress()
    {
        ImmutableArray<AddressClaim> claims = [new AddressClaim(s_address, 0)];
        WorkloadIndex nodes = WorkloadIndex.Empty.With(new WorkloadChange(0) { Nodes = [new NodeInfo("n1", claims)] });
        Assert.Equal(new Peer(PeerKind.Node, SafeText.Empty, new SafeText("n1")), nodes.PeerAt(s_address, 5));
        WorkloadIndex services = nodes.With(new WorkloadChange(0) { Services = [new ServiceInfo("u", "shop", "db", claims)] });
        Assert.Equal(new Peer(PeerKind.Service, new SafeText("shop"), new SafeText("db")), services.PeerAt(s_address, 5));
        WorkloadIndex pods = services.With(new WorkloadChange(0) { Pods = [new PodInfo("p", "shop", "web") { Claims = claims }] });
        Assert.Equal(PeerKind.Pod, pods.PeerAt(s_address, 5)!.Kind);
        Assert.Equal(PeerKind.Node, pods.With(new WorkloadChange(0)
        {
            Forgotten = [new WorkloadKey(WorkloadKind.Pod, "p"),
            new WorkloadKey(WorkloadKind.Service, "u")]
        }).PeerAt(s_address, 5)!.Kind);
    }

    [Fact]
    public void PodWithANewAddressLosesTheOldOne()
    {
        var moved = new PodInfo("a", "ns", "a") { Claims = [new AddressClaim(new Address([10, 0, 0, 8]), 20)] };
        WorkloadIndex index = Index(Pod("a", 10)).With(new WorkloadChange(0) { Pods = [moved] });
        Assert.Null(At(index, 30));
    }

    /// <summary>The cgroup of the owner names its pod by uid; by its address it would be another.</summary>
    [Theory]
    [InlineData(true, "own")]
    [InlineData(false, null)]
    public void OwnersPodIsNeverAnotherPod(bool isNamed, string? expected)
    {
        TcpEvent e = SampleEvents.Seed with { Saddr = s_address, StartNs = 30 * Second };
        e.Process = e.Process with { Cgroup = 4711, CgroupV1 = 0 };
        e.NameBy(new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(0)
        {
            Pods = isNamed ? [Pod("other", 20), Pod("own", 10, 20)] : [Pod("other", 20)],
            Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, 4711, $"/kubepods/podown/{new string('a', 64)}")],
        }));
        Assert.Equal(expected, e.Source?.Name.ToString());
        Assert.Equal(expected, (e.EntryOfSource as PodInfo)?.Name);
    }

    [Fact]
    public void UnknownPodInTheNodesNetworkHasTheNameOfTheNode()
    {
        TcpEvent e = SampleEvents.Seed with { Saddr = s_address, StartNs = 30 * Second };
        e.Process = e.Process with { Cgroup = 4711, CgroupV1 = 0 };
        e.NameBy(new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(0)
        {
            Nodes = [new NodeInfo("n1", [new AddressClaim(s_address, 0)])],
            Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, 4711, $"/kubepods/podown/{new string('a', 64)}")],
        }));
        Assert.Equal("n1", e.Source?.Name.ToString());
    }
}
