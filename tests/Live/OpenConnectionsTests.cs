using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>Connections that have not ended: their events now and then, and when the recording ends.</summary>
public sealed class OpenConnectionsTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const int Progress = 7;
    private readonly Stage _stage = new(hosts);

    [KernelFact]
    public void OpenConnectionsAreReportedAtTheEndWithTheirBytes() => _stage.PlayAndLeave("existing_both", SceneKind.All, seen =>
    {
        SeenEvent[] told = [.. seen.Events];
        seen.PassOver(_ => true);
        Assert.Equal(["accept", "connect", "existing", "existing"], told.Select(e => e.Text("operation")).Order());
        SeenEvent client = LastOf(told, "connect"), server = LastOf(told, "accept");
        Assert.Equal((3, 5, 5, 3), (client.Number("sent_bytes"), client.Number("received_bytes"), server.Number("sent_bytes"),
            server.Number("received_bytes")));
    });

    private static SeenEvent LastOf(SeenEvent[] told, string operation) =>
        told.Last(e => e.Text("conn") == told.Single(o => o.Text("operation") == operation).Text("conn"));

    [KernelFact]
    public void ClosedButUnfinishedConnectionIsMarkedUnfinished()
    {
        using var folder = new TemporaryFolder();
        string trace = folder.File("end.tct");
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Both);
        using var scene = Scenario.Start(hosts, "closed_and_unfinished", SceneKind.V4);
        scene.RunToPause();
        RunResult run = program.Stop();
        scene.GoOn();
        scene.Finish();
        Assert.Contains("1 connection still open", run.ErrorLines);
        Assert.Contains("1 connection closed by the owner, but not finished by TCP", run.ErrorLines);
        string[] info = [.. TcptracerProgram.Run("info", trace).Lines.Where(l => l.Contains("at end", StringComparison.Ordinal))];
        Assert.EndsWith("1 connection still open", info[0]);
        Assert.EndsWith("1 connection closed by the owner, but not finished by TCP", info[1]);
        Assert.Contains("\"at_end\":{\"open\":1,\"closing\":1,\"unanswered\":0,", TcptracerProgram.Run("info", "-o", "json", trace)
            .Output.Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
        SeenEvent[] told = [.. TcptracerProgram.Run("show", trace, "-o", "json", "--fields", "+unfinished,+actor_comm")
            .Lines.Select(l => new SeenEvent(l))];
        SeenEvent close = Assert.Single(told, e => e.Text("operation") == "close");
        SocketFacts client = scene.Facts.Single(f => f.Who == "client");
        Assert.Equal(("close", "True", "client"), (close.Text("reason"), close.Text("unfinished"), close.Text("actor_comm")));
        Assert.Equal((client.Number("sport"), client.Number("sent")), (close.Number("sport"), close.Number("sent_bytes")));
        Assert.False(close.Has("duration_ns"));
        Assert.True(close.Number("close_ns") > 0);
    }

    [KernelFact]
    public void TimeUntilTcpFinishedIsReported() => _stage.Play("reset_by_data_after_close", [SceneKind.V4, SceneKind.Loopback4], seen =>
    {
        SeenEvent close = seen.Tells("client", "connect", "close reset-sent")[1];
        seen.PassOverIfAny(_ => true);
        Assert.InRange(close.Number("close_ns"), 50_000_000, close.Number("duration_ns")); // the server waits so long before it writes
    });

    [KernelFact]
    public void ProgressReportsEveryConnectionInParts()
    {
        const int held = 200;
        using TcpProbe probe = TcpProbe.Start(new ProbeOptions { Netns = [OwnerTests.NetnsNumber(hosts.Left)], RingBytes = 131_072 });
        var heard = new Heard();
        using var scene = Scenario.Start(hosts, "load_beside_idle", SceneKind.Loopback4, $"{held}");
        scene.RunToPause();
        probe.ReportUnseen(); // this counts the bytes of open connections
        probe.Drain(heard);
        var begun = heard.Take().Select(e => (e.Start, e.StartCpu)).ToHashSet();
        LivingConnections living = probe.ReportLiving(isLast: false, () => probe.Drain(heard));
        Assert.Equal((2 * held, 0), (living.Open, living.Unfinished));
        Assert.Equal(2 * held, heard.Count(e => e.Operation == Progress));
        Assert.Equal(2 * held, heard.Count);
        Assert.Subset(begun, heard.Select(e => (e.Start, e.StartCpu)).ToHashSet());
        Assert.Equal(0, probe.ReadCounters().RingFull);
    }

    [KernelFact]
    public void ProgressIsRecordedAndShownOnlyOnRequest()
    {
        using var folder = new TemporaryFolder();
        string trace = folder.File("progress.tct");
        using TcptracerProgram program =
            TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Both, "--progress-every", "100ms");
        using var scene = Scenario.Start(hosts, "existing_both", SceneKind.V4);
        scene.RunToPause();
        Thread.Sleep(1000);
        scene.GoOn();
        scene.Finish();
        Assert.Equal(0, program.Stop().ExitCode);
        Assert.DoesNotContain("\"progress\"", TcptracerProgram.Run("show", trace, "-o", "json").Output);
        SeenEvent[] told = [.. TcptracerProgram.Run("show", trace, "-o", "json", "--op", "progress").Lines.Select(l => new SeenEvent(l))];
        Assert.True(told.Length >= 2, $"{told.Length}");
        // The first progress may come between the two messages, but the last one of each end cannot
        Each.Of(told.GroupBy(e => e.Text("conn")),
            end => Assert.Equal(8, end.Last().Number("sent_bytes") + end.Last().Number("received_bytes")));
    }
}
