using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>The memory that kernel and reader share: who wakes whom, and which cgroups are known to be unwanted.</summary>
[Collection("alone")]
public sealed class SharedMemoryTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int Connect = 1, Accept = 2, Close = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private TcpProbe Attached(bool byWorkload = false) =>
        TcpProbe.Start(new ProbeOptions { Netns = [OwnerTests.NetnsNumber(hosts.Left)], ByWorkload = byWorkload });

    /// <summary>The reader does not wake by itself for hours, so the event must wake it.</summary>
    [KernelFact]
    public void EventWakesASleepingReader()
    {
        const int hours = 10_000_000;
        using TcpProbe probe = Attached();
        var heard = new Heard();
        for (int i = 0; i < 10; i++)
            probe.Read(heard, 1); // after so many empty reads the next one sleeps
        Task<int> sleeping = Task.Factory.StartNew(() => probe.Read(heard, hours), TaskCreationOptions.LongRunning);
        using (var scene = Scenario.Start(hosts, "close_client_first", SceneKind.Loopback4))
            scene.Finish();
        bool woke = sleeping.Wait(s_patience);
        probe.Interrupt(); // or else the reader would outlive the test
        Assert.True(sleeping.Wait(s_patience));
        Assert.True(woke, "the reader slept on");
        Assert.True(sleeping.Result > 0);
    }

    [KernelFact]
    public void CgroupIsReportedOnceAndAgainAfterItsEviction()
    {
        using TcpProbe probe = Attached();
        var heard = new Heard();
        void Play()
        {
            using var scene = Scenario.Start(hosts, "close_client_first", SceneKind.Loopback4);
            scene.Finish();
            probe.Drain(heard);
        }
        Play();
        Play();
        Assert.Equal(8, heard.Count);
        Assert.NotEmpty(heard.Cgroups);
        (ulong, uint)[] told = [.. heard.Cgroups.Select(c => (c.Id, c.Hierarchy))];
        Assert.Equal(told.Distinct(), told); // once for each cgroup
        uint[] slots = [.. heard.Cgroups.Select(c => c.Slot)];
        heard.Cgroups.Clear();
        probe.ReportCgroupsAgain();
        Play();
        Assert.Equal(told.Order(), heard.Cgroups.Select(c => (c.Id, c.Hierarchy)).Order());
        Assert.Empty(slots.Intersect(heard.Cgroups.Select(c => c.Slot)));
    }

    /// <summary>
    /// A slot is used again after a while. An old verdict then belongs to another cgroup, and must not drop connections of the new one.
    /// </summary>
    [KernelFact]
    public void VerdictHoldsOnlyForItsGeneration()
    {
        using TcpProbe probe = Attached(byWorkload: true);
        var heard = new Heard();
        using var scene = Scenario.Start(hosts, "existing_both", SceneKind.Loopback4);
        scene.RunToPause();
        probe.Drain(heard);
        Assert.Equal([Connect, Accept], heard.Take().Select(e => (int)e.Operation));
        probe.ReportCgroupsAgain();
        foreach (RawCgroup cgroup in heard.Cgroups)
            probe.Judge(cgroup.Slot, CgroupVerdict.ContainerUnwanted);
        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        Assert.Equal([Close, Close], heard.Select(e => (int)e.Operation));
        Assert.Equal(0, probe.ReadCounters().Unwanted);
    }

    [KernelFact]
    public void AVerdictDropsTheEventsOfItsCgroup()
    {
        using TcpProbe probe = Attached(byWorkload: true);
        var heard = new Heard();
        using var scene = Scenario.Start(hosts, "existing_both", SceneKind.Loopback4);
        scene.RunToPause();
        probe.Drain(heard);
        Assert.Equal([Connect, Accept], heard.Take().Select(e => (int)e.Operation));
        foreach (RawCgroup cgroup in heard.Cgroups)
            probe.Judge(cgroup.Slot, CgroupVerdict.ContainerUnwanted);
        scene.GoOn();
        scene.Finish();
        probe.Drain(heard);
        Assert.Empty(heard);
        Assert.Equal(2, probe.ReadCounters().Unwanted);
        Assert.Equal(0, probe.CountEntries("connections"));
    }
}
