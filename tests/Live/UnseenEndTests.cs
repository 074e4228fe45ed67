using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>Ends that no hook saw, as in softirqs that interrupt a process which the kernel keeps out of our sight.</summary>
[Collection("alone")]
public sealed class UnseenEndTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int Connect = 1, Accept = 2, Close = 3;
    private const int StartUnknown = 1, Late = 4;

    private sealed class Heard : List<RawTcpEvent>, IRawEventReceiver
    {
        public void OnRawEvent(in RawTcpEvent raw) => Add(raw);

        public void OnRawCgroup(in RawCgroup raw)
        {
            // of no interest
        }
    }

    [KernelFact]
    public void AreToldWhenTheConnectionsAreLookedThrough()
    {
        using TcpProbe probe = TcpProbe.Load(new ProbeOptions { Netns = [OwnerTests.NetnsNumber(hosts.Left)] });
        probe.Attach();
        var heard = new Heard();
        using var scene = Scenario.Start(hosts, "existing_both", SceneKind.Loopback4);
        scene.RunToPause();
        probe.TellUnseenEnds();
        probe.Drain(heard);
        Assert.Equal([Connect, Accept], heard.Select(e => (int)e.Operation));
        RawTcpEvent[] begun = [.. heard];
        heard.Clear();

        probe.Detach();
        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        Assert.Empty(heard);

        probe.TellUnseenEnds();
        probe.TellUnseenEnds();
        probe.Drain(heard);
        Assert.Equal(2, heard.Count);
        foreach (RawTcpEvent start in begun)
        {
            RawTcpEvent end = heard.Single(e => e.Start == start.Start && e.StartCpu == start.StartCpu);
            Assert.Equal((start.Pid, start.Tid, start.Sport, start.Dport, start.NetnsCookie), (end.Pid, end.Tid, end.Sport, end.Dport, end.NetnsCookie));
            Assert.Equal(((ReadOnlySpan<byte>)start.Saddr).ToArray(), ((ReadOnlySpan<byte>)end.Saddr).ToArray());
            Assert.Equal(start.Operation == Connect ? (3UL, 5UL) : (5UL, 3UL), (end.Sent, end.Received));
            Assert.Equal(Close, end.Operation);
            Assert.Equal(0, end.Reason); // nobody saw who closed first
            Assert.Equal(0u, end.OtherPid);
            Assert.Equal(StartUnknown | Late, end.Flags & (StartUnknown | Late));
        }
        Assert.Equal(0, probe.CountEntries("connections"));
        Assert.Equal(0, probe.ReadCounters().OutcomesMissed);
    }
}
