using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Replay;

/// <summary>Golden traces with names. They never change.</summary>
internal static class GoldenPods
{
    /// <summary>A pod calls another one by a service's address, and itself. Before the accept nobody knows the pod that answers.</summary>
    public static byte[] BothEnds()
    {
        TcpEvent[] events = GoldenEvents.Ordinary();
        ulong client = events[0].Process.Cgroup, server = events[1].Process.Cgroup;
        var known = new WorkloadChange(TraceBytes.Clock.BootNs)
        {
            Services = [new ServiceInfo("service-uid", "shop", "web", [new AddressClaim(events[0].Daddr, 0)])],
            Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, client, $"/kubepods/podcart-uid/{new string('3', 64)}"),
                new CgroupInfo(CgroupHierarchy.Unified, server, $"/kubepods/podweb-uid/{new string('4', 64)}")],
            Pods = [new PodInfo("cart-uid", "shop", "cart-1"), new PodInfo("web-uid", "shop", "web-1")],
        };
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1), new WorkloadView(new SafeText("node-1")).With(known));
        foreach (TcpEvent e in events)
        {
            writer.OnEvent(e.Operation is Operation.Connect or Operation.ConnectFailed ? e
                : e with { FarCgroup = e.Process.Cgroup == client ? server : client });
        }
        writer.Finish(new TraceEnd("test", events.Length, events.Length, 0));
        return to.ToArray();
    }

    /// <summary>The same connections in pods. The pods become known after a while, and another pod has their address afterwards.</summary>
    public static byte[] Pods(MetadataScope scope)
    {
        TcpEvent[] events = GoldenEvents.Ordinary();
        long start = TraceBytes.Clock.BootNs, middle = events[2].TimestampNs, end = events[4].TimestampNs;
        Address curl = events[0].Saddr, nginx = events[0].Daddr;
        string id = new('3', 64);
        var known = new WorkloadChange(start)
        {
            Nodes = [new NodeInfo("node-1", [new AddressClaim(new Address([10, 1, 0, 1]), 0)])],
            Services = [new ServiceInfo("service-uid", "shop", "web", [new AddressClaim(new Address([10, 96, 0, 7]), 0)])],
            Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, events[0].Process.Cgroup, "/user.slice/user-1000.slice"),
                new CgroupInfo(CgroupHierarchy.Unified, events[1].Process.Cgroup, $"/kubepods/burstable/podweb-uid/{id}")],
        };
        var later = new WorkloadChange(middle)
        {
            Pods = [new PodInfo("web-uid", "shop", "web-1") { Node = "node-1", Owner = "Deployment/web",
                Labels = PodInfo.NoLabels.Add("app", "web"), Claims = [new AddressClaim(nginx, start)] }],
            Containers = [new ContainerInfo(id, "web-uid", "nginx", "example/nginx:1.29")],
        };
        var last = new WorkloadChange(end)
        {
            Pods =
            [
                new PodInfo("web-uid", "shop", "web-1") { Node = "node-1", Claims = [new AddressClaim(nginx, start, middle + 1)] },
                new PodInfo("job-uid", "batch", "job-1")
                {
                    Node = "node-2", Claims = [new AddressClaim(nginx, end), new AddressClaim(curl, end)]
                },
            ],
        };
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(known);
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1), view, scope);
        for (int i = 0; i < events.Length; i++)
        {
            if ((i == 2 ? later : i == 4 ? last : null) is { } change)
                writer.OnWorkloads(change, view = view.With(change));
            events[i].NameBy(view);
            writer.OnEvent(in events[i]);
        }
        writer.Finish(new TraceEnd("test", events.Length, events.Length, 0));
        return to.ToArray();
    }
}
