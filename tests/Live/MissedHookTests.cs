using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// Events that no hook saw, as in softirqs that interrupt a process which the kernel hides from BPF. Here the hooks
/// are detached for a while.
/// </summary>
[Collection("alone")]
public sealed class MissedHookTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int Connect = 1, Accept = 2, Close = 3, Unknown = 4;
    private const int ResetReceived = 5, CloseReason = 1, PeerClose = 2;
    private const int Late = 4, Uncounted = 16;

    private TcpProbe Attached()
    {
        TcpProbe probe = TcpProbe.Start(new ProbeOptions { Netns = [OwnerTests.NetnsNumber(hosts.Left)] });
        return probe;
    }

    /// <summary>Reports the beginning of a connection at both ends; its end happens while the hooks are detached.</summary>
    private RawTcpEvent[] EndUnseen(TcpProbe probe, Heard heard)
    {
        using var scene = Scenario.Start(hosts, "existing_both", SceneKind.Loopback4);
        scene.RunToPause();
        probe.ReportUnseen();
        probe.Drain(heard);
        Assert.Equal([Connect, Accept], heard.Select(e => (int)e.Operation));
        RawTcpEvent[] begun = heard.Take();

        probe.Detach();
        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        Assert.Empty(heard);
        return begun;
    }

    private static RawTcpEvent EndOf(RawTcpEvent begun, IEnumerable<RawTcpEvent> heard)
    {
        RawTcpEvent end = heard.Single(e => e.Start == begun.Start && e.StartCpu == begun.StartCpu);
        Assert.Equal((begun.Pid, begun.Tid, begun.Sport, begun.Dport, begun.NetnsCookie),
            (end.Pid, end.Tid, end.Sport, end.Dport, end.NetnsCookie));
        Assert.Equal(((ReadOnlySpan<byte>)begun.Saddr).ToArray(), ((ReadOnlySpan<byte>)end.Saddr).ToArray());
        Assert.Equal(((ReadOnlySpan<byte>)begun.Daddr).ToArray(), ((ReadOnlySpan<byte>)end.Daddr).ToArray());
        Assert.Equal(Unknown, end.Operation); // nobody saw who closed it
        Assert.Equal(0, end.Reason);
        Assert.Equal(0u, end.OtherPid);
        return end;
    }

    [KernelFact]
    public void UnseenEndIsReportedByTheWalkThroughTheConnections()
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        RawTcpEvent[] begun = EndUnseen(probe, heard);
        probe.ReportUnseen();
        probe.ReportUnseen();
        probe.Drain(heard);
        Assert.Equal(2, heard.Count);
        foreach (RawTcpEvent start in begun)
        {
            RawTcpEvent end = EndOf(start, heard);
            Assert.Equal(start.Operation == Connect ? (3UL, 5UL) : (5UL, 3UL), (end.Sent, end.Received));
            Assert.Equal(Late, end.Flags & (Late | Uncounted));
        }
        Assert.Equal(0, probe.CountEntries("connections"));
    }

    [KernelFact]
    public void UnseenEndIsReportedWhenItsSocketIsReused()
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        RawTcpEvent[] begun = EndUnseen(probe, heard);
        probe.AttachHooks(new ProbeOptions());
        int rounds = 0;
        const int many = 1000; // open at once: the kernel uses most free sockets again, but each processor has some in store
        for (; rounds < 50 && heard.Count(e => (e.Flags & Late) != 0) < 2; rounds++)
        {
            using var scene = Scenario.Start(hosts, "load_held", SceneKind.Loopback4,
                many.ToString(System.Globalization.CultureInfo.InvariantCulture));
            scene.Finish();
            probe.Drain(heard);
        }
        RawTcpEvent[] others = [.. heard.Where(e => (e.Flags & Late) == 0)];
        Assert.True(others.Length == rounds * 4 * many, $"{others.Length} events of {rounds} rounds: "
            + string.Join('\n', others.GroupBy(e => (e.Start, e.StartCpu)).Where(g => g.Count() != 2)
            .SelectMany(g => g).Take(20).Select(e => $"{e.Timestamp} {e.Start}.{e.StartCpu} operation {e.Operation} reason {e.Reason} "
                + $"error {e.Error} {e.Sport}>{e.Dport} pid {e.Pid} {(int)e.Flags}")));
        Assert.Equal(2, heard.Count(e => (e.Flags & Late) != 0));
        foreach (RawTcpEvent start in begun)
        {
            RawTcpEvent end = EndOf(start, heard);
            Assert.Equal(Late | Uncounted, end.Flags & (Late | Uncounted));
            Assert.Equal((0UL, 0UL), (end.Sent, end.Received));
        }
        Assert.Equal(0, probe.CountEntries("connections"));
    }

    private static (int, int) KindOf(RawTcpEvent e) => (e.Operation, e.Flags & (Late | Uncounted));

    [KernelFact]
    public void UnseenConnectIsReportedByTheWalkThroughTheConnections()
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        using var scene = Scenario.Start(hosts, "unseen_connect", SceneKind.Loopback4);
        scene.RunToPause();
        probe.Detach();
        scene.GoOn();
        scene.RunToPause();
        probe.AttachHooks(new ProbeOptions());
        probe.Drain(heard);
        heard.Clear(); // without the connection that filled the queue
        Thread.Sleep(1100); // longer than a connect() may take to return, because its return may still report the outcome
        probe.ReportUnseen();
        probe.ReportUnseen();
        probe.Drain(heard);
        RawTcpEvent connect = heard.Single(e => e.Operation == Connect);
        Assert.Equal(Late, connect.Flags & (Late | Uncounted));
        heard.Clear();
        probe.ListOpenSockets(); // nobody saw the accept, either
        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        SocketFacts client = scene.Facts.Single(f => f.Who == "client");
        Assert.Equal((client.Number("pid"), client.Number("tid"), client.Number("sport"), client.Number("dport")),
            (connect.Pid, connect.Tid, connect.Sport, connect.Dport));
        RawTcpEvent close = heard.Single(e => e.Start == connect.Start && e.StartCpu == connect.StartCpu);
        Assert.Equal((Close, 0), KindOf(close));
        Assert.Equal((3UL, 5UL, (byte)CloseReason), (close.Sent, close.Received, close.Reason));
    }

    [KernelFact]
    public void UnseenAcceptIsReportedWhenItsFileIsFound()
    {
        FindAccept("", Close, PeerClose);
        FindAccept("reset", Unknown, ResetReceived);
    }

    private void FindAccept(string ending, int operation, int reason)
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        using Scenario scene = AcceptUnseen(probe, ending);
        probe.ListOpenSockets(); // not yet: accept() may not have returned yet
        probe.ReportUnseen();
        probe.ListOpenSockets();
        probe.Drain(heard);
        Assert.Equal([Connect], heard.Take().Select(e => (int)e.Operation));
        Assert.Equal(0, probe.ReadCounters().AcceptsUnseen);
        probe.ReportUnseen();
        Assert.Equal(1, probe.ReadCounters().AcceptsUnseen);
        probe.ListOpenSockets();
        probe.ListOpenSockets();
        probe.Drain(heard);
        RawTcpEvent accept = Assert.Single(heard.Take());
        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        CheckAccept(scene, accept);
        RawTcpEvent close = heard.Single(e => e.Start == accept.Start && e.StartCpu == accept.StartCpu);
        Assert.Equal((operation, 0), KindOf(close));
        Assert.Equal((accept.Pid, (byte)reason), (close.Pid, close.Reason));
        Assert.Equal(0, probe.CountEntries("connections"));
    }

    [KernelFact]
    public void UnseenAcceptIsReportedAtItsCloseEvenAfterAReset()
    {
        FindClosed("reset");
        FindClosed("reset in queue");
    }

    private void FindClosed(string ending)
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        using Scenario scene = AcceptUnseen(probe, ending);
        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        RawTcpEvent accept = heard.Single(e => e.Operation == Accept);
        CheckAccept(scene, accept with { Fd = (int)scene.Facts.Single(f => f.Who == "server").Number("fd") });
        Assert.Equal(-1, accept.Fd);
        RawTcpEvent end = heard.Single(e => e.Operation == Unknown);
        Assert.Equal((accept.Start, accept.Pid, (byte)ResetReceived), (end.Start, end.Pid, end.Reason));
        Assert.Equal(4, heard.Count);
        Assert.Equal(0, probe.CountEntries("connections"));
    }

    private Scenario AcceptUnseen(TcpProbe probe, string ending)
    {
        Scenario scene = Scenario.Start(hosts, "unseen_accept", SceneKind.Loopback4, ending);
        scene.RunToPause();
        probe.Detach();
        scene.GoOn();
        scene.RunToPause();
        probe.AttachHooks(new ProbeOptions());
        return scene;
    }

    private static void CheckAccept(Scenario scene, RawTcpEvent accept)
    {
        SocketFacts server = scene.Facts.Single(f => f.Who == "server"), client = scene.Facts.Single(f => f.Who == "client");
        Assert.Equal((Accept, Late), KindOf(accept));
        Assert.Equal((server.Number("pid"), server.Number("sport"), client.Number("sport"), server.Number("fd")),
            (accept.Pid, accept.Sport, accept.Dport, accept.Fd));
    }
}
