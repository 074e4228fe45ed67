using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// The second of the two programs at a hook (probes/context.h). The first one is detached, as if it were busy. The second must report
/// everything that a softirq may cause in that moment, as the first one would.
/// </summary>
[Collection("alone")]
public sealed class SecondProgramTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int Connect = 1, Accept = 2, Close = 3, Unknown = 4, ResetReceived = 5;
    private const int Late = 4;

    private TcpProbe Attached() => TcpProbe.Start(new ProbeOptions { Netns = [OwnerTests.NetnsNumber(hosts.Left)] });

    [KernelFact]
    public void EveryHookHasItsSecondProgram()
    {
        using TcpProbe probe = Attached();
        foreach (string hook in new[] { "state_change", "socket_destroyed" })
            Assert.True(!probe.Hooks.Contains(hook) || probe.Hooks.Contains(hook + "_second"), $"{hook} has no second program");
    }

    [KernelFact]
    public void SecondProgramReportsAConnectionWhileTheFirstIsBusy()
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        using var scene = Scenario.Start(hosts, "unseen_connect", SceneKind.Loopback4);
        scene.RunToPause();
        probe.Drain(heard);
        heard.Take(); // without the connection that filled the queue
        probe.Detach("state_change");
        scene.GoOn();
        scene.RunToPause(); // it is established
        probe.Drain(heard);
        RawTcpEvent connect = heard.Single(e => e.Operation == Connect);
        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        SocketFacts client = scene.Facts.Single(f => f.Who == "client");
        Assert.Equal((client.Number("pid"), client.Number("sport"), 0), (connect.Pid, connect.Sport, connect.Flags & Late));
        RawTcpEvent close = heard.Single(e => e.Operation == Close && e.Start == connect.Start && e.StartCpu == connect.StartCpu);
        Assert.Equal((3UL, 5UL, 0), (close.Sent, close.Received, close.Flags & Late));
        Assert.Equal(0, probe.CountEntries("connections"));
    }

    [KernelFact]
    public void SecondProgramReportsADestroyedSocketWhileTheFirstIsBusy()
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        probe.Detach("socket_destroyed");
        using (var scene = Scenario.Start(hosts, "load_never_accepted", SceneKind.Loopback4, "100"))
            scene.Finish();
        probe.Drain(heard);
        // Only when its socket is destroyed is it known that nobody accepted a connection
        Assert.Equal(100, probe.ReadCounters().NeverAccepted);
        Assert.Equal(0, probe.CountEntries("connections"));
    }

    [KernelFact]
    public void BothProgramsReportNothingTwice()
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        using (var scene = Scenario.Start(hosts, "load_reset", SceneKind.Loopback4, "100"))
            scene.Finish();
        probe.Drain(heard);
        Each.Of(heard.GroupBy(e => (e.Start, e.StartCpu)), c => Assert.Equal(2, c.Count()));
        Assert.Equal(4 * 100, heard.Count);
        Assert.Equal(100, heard.Count(e => e.Operation == Unknown && e.Reason == ResetReceived));
        Assert.Equal((100, 100), (heard.Count(e => e.Operation == Connect), heard.Count(e => e.Operation == Accept)));
    }
}
