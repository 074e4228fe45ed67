using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Replay;

/// <summary>The events of golden traces. They never change.</summary>
internal static class GoldenEvents
{
    /// <summary>Random events of all kinds.</summary>
    public static readonly TcpEvent[] Every =
        [.. RandomTraffic.Events(91, 12).Select(e => e with { FarCgroup = 0, FarCgroupV1 = 0 })]; // as when there were no such columns

    /// <summary>Ordinary connections: curl fetches a page from nginx; another connect is refused.</summary>
    public static TcpEvent[] Ordinary()
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
    public static TcpEvent[] Since11()
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
}
