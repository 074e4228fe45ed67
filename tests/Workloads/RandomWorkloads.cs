using System.Collections.Immutable;
using CsCheck;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Workloads;

/// <summary>
/// A chaotic cluster, from one seed: pods, containers, services and nodes appear, change, share addresses, end and are forgotten, before,
/// during and after the events that mention them.
/// </summary>
internal sealed class RandomWorkloads
{
    private static readonly Address[] s_addresses = [.. Enumerable.Range(0, 4).Select(i => new Address([10, 0, 0, (byte)i])),
        new Address([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])];
    private static readonly string[] s_uids = ["a-1", "a-2", "b-1", "c-1", "static"], s_nodes = ["node-1", "node-2"];
    private readonly PCG _pcg;
    private readonly ProcessIdentity[] _processes;

    public RandomWorkloads(ulong seed, IEnumerable<TcpEvent> events)
    {
        _pcg = new PCG(1, seed);
        _processes = [.. events.Select(e => e.Process).Distinct()];
    }

    public int Next(int below) => Gen.Int[0, below - 1].Generate(_pcg, null, out _);

    private T Pick<T>(IReadOnlyList<T> all) => all[Next(all.Count)];

    private ImmutableArray<T> Some<T>(int most, Func<T> make) => [.. Enumerable.Range(0, Next(most + 1)).Select(_ => make())];

    private static string ContainerId(int number) => new((char)('a' + number % 6), 64);

    /// <summary>A container never moves to another pod.</summary>
    private static string PodOf(int container) => s_uids[container % s_uids.Length];

    /// <summary>The next change of names.</summary>
    public WorkloadChange Change(long now) => new(now)
    {
        Pods = Some(2, () => new PodInfo(Pick(s_uids), Pick(["shop", "kube-system", "<b>"]), Pick(["web-1", "web-2", "db", "\u001b[31m"]))
        {
            Node = Pick(["", "node-1", "node-2"]),
            Owner = Pick(["", "Deployment/web"]),
            Labels = Next(2) == 0 ? PodInfo.NoLabels : PodInfo.NoLabels.Add("app", Pick(["web", "db"])).Add("tier", "front"),
            Claims = Claims(now),
        }),
        Containers = Some(2, () => Next(6) is var n
            ? new ContainerInfo(ContainerId(n), PodOf(n), Pick(["nginx", "init", ""]), "example/nginx:1") : null!),
        Cgroups = Some(2, Cgroup),
        Services = Some(1, () => new ServiceInfo(Pick(["s-1", "s-2"]), "shop", Pick(["db", "cache"]), Claims(now))),
        Nodes = Some(1, () => new NodeInfo(Pick(s_nodes), Claims(now))),
        Forgotten = Next(4) > 0 ? []
            : [Pick([new WorkloadKey(WorkloadKind.Pod, Pick(s_uids)), new WorkloadKey(WorkloadKind.Container, ContainerId(Next(6))),
                Cgroup().Key, new WorkloadKey(WorkloadKind.Service, "s-1"), new WorkloadKey(WorkloadKind.Node, "node-2")])],
    };

    private CgroupInfo Cgroup()
    {
        ProcessIdentity process = Pick(_processes);
        int container = Next(6);
        string path = Pick(["/", "/user.slice", $"/docker/{ContainerId(container)}",
            $"/kubepods/burstable/pod{PodOf(container)}/{ContainerId(container)}", $"/kubepods/pod{Pick(s_uids)}"]);
        return Next(2) == 0 ? new CgroupInfo(CgroupHierarchy.Unified, process.Cgroup, path)
            : new CgroupInfo(CgroupHierarchy.Memory, process.CgroupV1, path);
    }

    private ImmutableArray<AddressClaim> Claims(long now) => Some(3, () =>
    {
        long since = now - Gen.Long[-1_000_000, 2_000_000_000].Generate(_pcg, null, out _);
        return new AddressClaim(Pick(s_addresses), since, Next(2) == 0
            ? null : since + Gen.Long[0, 2_000_000_000].Generate(_pcg, null, out _));
    });

    /// <summary>Events and the changes of names between them, in order.</summary>
    public static IEnumerable<(TcpEvent Event, WorkloadChange? Before)> Stream(ulong seed, int count)
    {
        TcpEvent[] events = RandomTraffic.Events(seed, count, processes: 12);
        var workloads = new RandomWorkloads(seed, events);
        for (int i = 0; i < count; i++)
        {
            TcpEvent e = events[i];
            ProcessIdentity far = events[workloads.Next(count)].Process;
            (e.FarCgroup, e.FarCgroupV1) = workloads.Next(2) == 0 ? (far.Cgroup, far.CgroupV1) : (0, 0);
            yield return (e, workloads.Next(5) == 0 ? workloads.Change(e.TimestampNs) : null);
        }
    }
}
