using System.Runtime.CompilerServices;
using System.Text;
using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats.TraceFile;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>
/// tests/golden/VERSION/FEATURE has a trace of a format version, and what show prints of it. The files of earlier versions never change.
/// The writer must make the same trace of this version as before, byte for byte, and show must print the same of each trace.
/// TCPTRACER_UPDATE_GOLDEN=1 writes the files of this version again.
/// </summary>
public sealed class GoldenTraceTests
{
    private static readonly TcpEvent[] s_events =
        [.. RandomTraffic.Events(91, 12).Select(e => e with { FarCgroup = 0, FarCgroupV1 = 0 })]; // as when there were no such columns


    private static readonly Dictionary<string, Func<byte[]>> s_features = new()
    {
        ["plain"] = () => TraceBytes.Write(s_events),
        ["empty"] = () => TraceBytes.Write([]),
        ["blocks"] = () => TraceBytes.Write(s_events, 4),
        ["since-1.1"] = () => TraceBytes.Write(Since11()),
        ["both-ends"] = BothEnds,
        ["ordinary"] = () => TraceBytes.Write(Ordinary()),
        ["loss"] = () => Write(w =>
        {
            w.OnEvent(in s_events[0]);
            w.OnLoss(new LossRecord(5, 9, LossSource.RingFull, 3, 3));
            w.OnEvent(in s_events[1]);
            w.OnLoss(new LossRecord(9, 9, LossSource.ConnectionsFull, 1, 1));
        }),
        ["clock-set"] = () => Write(w =>
        {
            w.OnEvent(in s_events[0]);
            w.OnClock(TraceBytes.Clock with { WallNs = 1_800_000_000_000_000_000, Cause = ClockCause.Step });
            w.OnEvent(in s_events[1]);
        }),
        ["pods"] = () => Pods(MetadataScope.Referenced),
        ["pods-cluster"] = () => Pods(MetadataScope.Cluster),
        ["pods-node"] = () => Pods(MetadataScope.Node),
        ["pods-none"] = () => Pods(MetadataScope.None),
        ["damaged-metadata"] = () =>
        {
            TraceBytes.FramePart[] p = TraceBytes.Split(Pods(MetadataScope.Referenced));
            p[6].Bytes[^1] ^= 1;
            return TraceBytes.Join(p);
        },
        ["unfinished"] = () => TraceBytes.Join(TraceBytes.Split(TraceBytes.Write(s_events, 4))[..^2]),
        ["two-traces"] = () => [.. TraceBytes.Write(s_events, 5),
            .. TraceBytes.Write(s_events[..3], null, TraceBytes.Header with { Node = "node-2", RunId = Guid.Empty })],
        ["no-skippable-frames"] = () => TraceBytes.Join(TraceBytes.Split(TraceBytes.Write(s_events, 4)).Where(p => !p.IsSkippable)),
        ["other-skippable-frames"] = () => TraceBytes.Join(TraceBytes.Split(TraceBytes.Write(s_events, 4))
            .SelectMany(p => new[] { p, new TraceBytes.FramePart(0, p.IsSkippable ? [] : TraceBytes.Skippable(8, "later"u8)) })),
        ["unknown-record"] = () =>
        [
            .. TraceBytes.Write(s_events)[..^TraceBytes.Split(TraceBytes.Write(s_events))[^2..].Sum(p => p.Bytes.Length)],
            .. TraceBytes.Record((RecordKind)77,
                TraceBytes.Pack((ref MessagePackWriter to) => { to.WriteMapHeader(1); to.Write("t"); to.Write("weather"); }), 2),
        ],
        ["unknown-key-column-dictionary"] = () => TraceBytes.Edit(TraceBytes.Write(Ordinary()), "events", r =>
        {
            r["later"] = 1;
            Map(r["c"])["later"] = new object[] { 99 };
            Map(r["d"])["later"] = "x";
        }),
        ["unknown-encoding"] = () =>
            TraceBytes.Edit(TraceBytes.Write(Ordinary()), "events", r => Map(r["c"])["sent"] = new object[] { 15, 1, 2, 3 }),
        ["newer-minor"] = () => TraceBytes.Write(s_events, null, TraceBytes.Header with { Minor = 200 }),
        ["newer-major"] = () => TraceBytes.Write(s_events, null, TraceBytes.Header with { Major = 2 }),
        ["required-feature"] = () => TraceBytes.Write(s_events, null, TraceBytes.Header with { Required = ["sealed"] }),
        ["damaged-cut"] = () => TraceBytes.Write(s_events, 4)[..^150],
        ["damaged-checksum"] = () => Bent(p => p[7].Bytes[^1] ^= 1),
        ["damaged-length"] = () => Bent(p => p[6].Bytes[16] ^= 0x40),
        ["damaged-block-header"] = () => Bent(p => p[5].Bytes[30] ^= 1),
        ["damaged-header-record"] = () => Bent(p => p[2].Bytes[40] ^= 1),
        ["damaged-start"] = () => Bent(p => p[0].Bytes[0] ^= 0x80),
        ["damaged-rubbish-between"] = () => Bent(p => p[5] = p[5] with { Bytes = [.. "rubbish"u8, .. p[5].Bytes] }),
        ["damaged-missing-block"] = () => Bent(p => p[5] = p[6] = new TraceBytes.FramePart(0, [])),
        ["damaged-repeated-block"] = () => Bent(p => p[6] = p[6] with { Bytes = [.. p[6].Bytes, .. p[5].Bytes, .. p[6].Bytes] }),
    };

    private static Dictionary<object, object?> Map(object? map) => (Dictionary<object, object?>)map!;

    private static byte[] Bent(Action<TraceBytes.FramePart[]> bend)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(TraceBytes.Write(s_events, 3));
        bend(parts);
        return TraceBytes.Join(parts);
    }

    private static byte[] Write(Action<TraceWriter> write)
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1));
        write(writer);
        writer.Finish(new TraceEnd("test", 2, 2, 0));
        return to.ToArray();
    }

    /// <summary>A pod calls another one by the address of a service. Before the accept nobody knows the pod that answers.</summary>
    private static byte[] BothEnds()
    {
        TcpEvent[] events = Ordinary();
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
    private static byte[] Pods(MetadataScope scope)
    {
        TcpEvent[] events = Ordinary();
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

    /// <summary>Ordinary connections: curl fetches a page from nginx; another connect is refused.</summary>
    private static TcpEvent[] Ordinary()
    {
        var curl = new ProcessIdentity(812, 812, 1000, 1000, 700, new SafeText("curl"), new SafeText("bash"), 4026531840, 1,
            4026531841, 2154, 0);
        var nginx = new ProcessIdentity(410, 411, 33, 33, 409, new SafeText("nginx"), new SafeText("nginx"), 4026532201, 8,
            4026532202, 3001, 0);
        var connect = new TcpEvent
        {
            TimestampNs = 1_000_000_500_000, StartNs = 1_000_000_100_000, StartCpu = 2, Operation = Operation.Connect,
            Attribution = Attribution.Task, Sport = 45_678, Dport = 80, Fd = 5,
            Saddr = new Address([10, 0, 0, 1]), Daddr = new Address([10, 0, 0, 2]), Process = curl, Other = ProcessName.None,
        };
        var accept = connect with
        {
            TimestampNs = 1_000_000_600_000,
            StartNs = 1_000_000_400_000,
            StartCpu = 3,
            Operation = Operation.Accept,
            Sport = 80,
            Dport = 45_678,
            Saddr = connect.Daddr,
            Daddr = connect.Saddr,
            Process = nginx,
            Fd = 12,
            Other = new ProcessName(409, new SafeText("nginx"))
        };
        TcpEvent close = connect with
        {
            TimestampNs = 1_000_009_000_000,
            Operation = Operation.Close,
            Reason = Reason.PeerClose,
            Attribution = Attribution.Stored,
            Other = curl.Name,
            Sent = 78,
            Received = 612,
            SrttUs = 41
        };
        TcpEvent closed = accept with
        {
            TimestampNs = 1_000_008_900_000,
            Operation = Operation.Close,
            Reason = Reason.Close,
            Attribution = Attribution.Stored,
            Other = nginx.Name,
            Sent = 612,
            Received = 78,
            SrttUs = 38
        };
        TcpEvent refused = connect with
        {
            TimestampNs = 1_000_020_000_000,
            StartNs = 1_000_019_900_000,
            Operation = Operation.ConnectFailed,
            Error = 111,
            Sport = 45_680,
            Dport = 9
        };
        return [connect, accept, closed, close, refused];
    }

    /// <summary>Everything that version 1.1 added, with one event for each way in which it can be there or be missing.</summary>
    private static TcpEvent[] Since11()
    {
        TcpEvent[] ordinary = Ordinary();
        ProcessIdentity curl = ordinary[0].Process with
        {
            Exe = new SafeText("/usr/bin/curl"),
            Args = new SafeText("curl\0-H\0X-Why: it's\0http://web/"),
        };
        ProcessIdentity nginx = ordinary[1].Process with { Exe = new SafeText("/usr/sbin/nginx") };
        const ulong flow = 0x0000_4711_cafe_f00d;
        TcpEvent connect = ordinary[0] with { Process = curl, Flow = flow }, accept = ordinary[1] with { Process = nginx, Flow = flow };
        TcpEvent closed = ordinary[2] with { Process = nginx, Flow = flow, CloseNs = 6_900_000 };
        TcpEvent close = ordinary[3] with { Process = curl, Flow = flow };
        TcpEvent Other(in TcpEvent like, ushort port, Operation operation, EventFlags flags) => like with
        {
            StartNs = like.StartNs + port,
            TimestampNs = 1_000_010_000_000 + port,
            Operation = operation,
            Flags = flags,
            Flow = 0,
            CloseNs = 0,
            Dport = port,
            Other = ProcessName.None,
            Reason = Reason.None,
            Sent = 0,
            Received = 0,
            SrttUs = 0,
        };
        return
        [
            Other(closed, 40_001, Operation.Existing, EventFlags.Untimed | EventFlags.Uncounted), connect, accept,
            Other(closed, 40_001, Operation.Progress, EventFlags.Untimed) with { Sent = 10, Received = 20, SrttUs = 30 }, closed, close,
            Other(closed, 40_002, Operation.Unaccepted, EventFlags.None) with
            {
                Other = new ProcessName(409, new SafeText("nginx")), Flow = 17
            },
            Other(closed, 40_001, Operation.Progress, EventFlags.Untimed) with
            {
                Sent = 100, Received = 20, SrttUs = 31, Flow = ulong.MaxValue
            },
            Other(closed, 40_003, Operation.Close, EventFlags.Untimed | EventFlags.Unfinished) with
            {
                Reason = Reason.Exit, Other = nginx.Name, Sent = 5, Retransmits = 3, Flow = 18
            },
            Other(closed, 40_001, Operation.Existing, EventFlags.Untimed) with
            {
                Sent = 101, Received = 21, Retransmits = 1, SrttUs = 32, Flow = ulong.MaxValue
            },
        ];
    }

    /// <summary>Fields that neither JSON nor wide shows unless they are asked for.</summary>
    private const string MoreFields = "custom-columns=t,flow,exe,args,close_ns,unfinished,uncounted,late,no_syn,mptcp,actor_pid,"
        + "actor_comm,listener_pid,listener_comm,ppid,fd,boottime_ns,sent_bytes,srtt_us";

    public static TheoryData<string> Features => [.. s_features.Keys];

    public static TheoryData<string> EarlierTraces =>
        [.. Directory.GetDirectories(Root()).Where(v => Path.GetFileName(v) != s_version).SelectMany(Directory.GetDirectories)
            .Select(f => Path.GetRelativePath(Root(), f)).Order(StringComparer.Ordinal)];

    private static readonly string s_version = $"{TraceHeader.CurrentMajor}.{TraceHeader.CurrentMinor}";

    [Theory]
    [MemberData(nameof(EarlierTraces))]
    public void TraceOfAnEarlierVersionShowsItsGoldenOutput(string trace)
    {
        string folder = Path.Combine(Root(), trace);
        byte[] golden = File.ReadAllBytes(Path.Combine(folder, "trace.tct"));
        Check(folder, "show.json", Printing.Of(golden, 3).Output, update: false);
        Check(folder, "show.txt", Text(Printing.Of(golden, 3, "wide")), update: false);
    }

    [Theory]
    [MemberData(nameof(Features))]
    public void TraceShowsItsGoldenOutput(string feature)
    {
        byte[] trace = s_features[feature]();
        string folder = Path.Combine(Root(), s_version, feature);
        bool update = Environment.GetEnvironmentVariable("TCPTRACER_UPDATE_GOLDEN") == "1";
        if (update)
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(Path.Combine(folder, "trace.tct"), trace);
        }
        byte[] golden = File.ReadAllBytes(Path.Combine(folder, "trace.tct"));
        Check(folder, "show.json", Printing.Of(golden, 3).Output, update);
        Check(folder, "show.txt", Text(Printing.Of(golden, 3, "wide")), update);
        Check(folder, "more.txt", Printing.Of(golden, 3, MoreFields).Output, update);
        Assert.True(golden.AsSpan().SequenceEqual(trace),
            $"{feature}: the writer makes another trace than it did; TCPTRACER_UPDATE_GOLDEN=1 makes the files anew");
    }

    /// <summary>An address that is a service's keeps its name; the pod behind it has a field of its own.</summary>
    [Fact]
    public void PodBehindAServiceIsNamed()
    {
        string shown = Encoding.UTF8.GetString(Printing.Of(BothEnds(), 3, "custom-columns=t,dst,dst_pod").Output);
        string[] rows = [.. shown.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l =>
            string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Equal(
        [
            "T DST DST_POD",
            "C svc/shop/web:80",
            "A pod/shop/cart-1:45678 shop/cart-1",
            "X pod/shop/cart-1:45678 shop/cart-1",
            "X svc/shop/web:80 shop/web-1",
            "F svc/shop/web:9",
        ], rows);
    }

    private static byte[] Text(Printing printing)
    {
        var text = new StringBuilder(printing.Text);
        foreach (TraceDamage damage in printing.Findings.Damages.Append(printing.Refusal!).Where(d => d is not null))
            text.Append($"# {damage.Fault} at {damage.Offset}: expected {damage.Expected}, found {damage.Actual}\n");
        foreach (string unknown in printing.Findings.UnknownNames.Order())
            text.Append($"# unknown: {unknown}\n");
        foreach ((LossSource source, long count) in printing.Findings.Lost.OrderBy(l => l.Key))
            text.Append($"# lost: {count} {source}\n");
        text.Append(printing.Findings.IsFinished ? "# finished\n" : "# not finished\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Check(string folder, string name, byte[] actual, bool update)
    {
        string path = Path.Combine(folder, name);
        if (update)
            File.WriteAllBytes(path, actual);
        Assert.Equal(File.ReadAllText(path), Encoding.UTF8.GetString(actual));
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../golden"));
}
