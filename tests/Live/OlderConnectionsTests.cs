using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>Connections that are older than the recorder: they are known from the start, and their ends have an owner.</summary>
public sealed class OlderConnectionsTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);
    private static readonly Unlike s_older = new() { NoStart = true };

    [KernelFact]
    public void CloseOfAnOlderConnectionHasItsOwner() => _stage.PlayAndJoin("existing_both", SceneKind.All, seen =>
    {
        seen.Tells("client", s_older, "existing", "close close");
        seen.Tells("server", s_older, "existing", "close peer-close");
    });

    [KernelFact]
    public void ResetOfAnOlderConnectionHasNoActor() => _stage.PlayAndJoin("existing_reset",
        [SceneKind.V4, SceneKind.V6, SceneKind.Loopback4, SceneKind.Mptcp4], seen =>
    {
        seen.Tells("client", s_older, "existing", "close reset-sent");
        seen.Tells("server", s_older, "existing", "unknown ECONNRESET reset-received");
    });

    [KernelFact]
    public void FirstCloserOfAnOlderConnectionIsKnown() => _stage.PlayAndJoin("existing_half_closed",
        [SceneKind.V4, SceneKind.V6, SceneKind.Mptcp4], seen =>
    {
        SeenEvent client = seen.Tells("client", s_older with { AnyActor = true }, "existing", "close close")[0];
        SeenEvent server = seen.Tells("server", s_older, "existing", "close peer-close")[0];
        // Seen checks that it is the same at both ends
        Assert.Equal((seen.Kind != SceneKind.Mptcp4, seen.Kind != SceneKind.Mptcp4), (client.Has("flow"), server.Has("flow")));
    });

    [KernelFact]
    public void ConnectBegunBeforeTheRecorderGetsItsOutcome() => _stage.PlayAndJoin("existing_connecting_then_ok",
        [SceneKind.V4, SceneKind.V6, SceneKind.Loopback4, SceneKind.Mptcp4], seen =>
    {
        seen.PassOverFiller();
        seen.Tells("client", s_older, "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void ConnectBegunBeforeTheRecorderCanBeAborted() => _stage.PlayAndJoin("existing_connecting_then_aborted",
        [SceneKind.V4, SceneKind.V6, SceneKind.Mptcp4], seen =>
    {
        seen.PassOverFiller();
        seen.Tells("client", s_older, "connect-failed aborted");
    });

    [KernelFact]
    public void OlderConnectionsAreHiddenByDefault()
    {
        using var folder = new TemporaryFolder();
        string trace = folder.File("old.tct");
        using var scene = Scenario.Start(hosts, "existing_both", SceneKind.V4);
        scene.RunToPause();
        using var program = TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Both);
        scene.GoOn();
        scene.Finish();
        Assert.Equal(0, program.Stop().ExitCode);
        Assert.Equal(["X", "X"], Letters("show", trace));
        Assert.Equal(["E", "E", "X", "X"], Letters("show", trace, "--existing"));
        Assert.Equal(["E", "E"], Letters("show", trace, "--op", "existing"));
    }

    private static string[] Letters(params string[] arguments) =>
        TcptracerProgram.Run([.. arguments, "-o", "custom-columns=t", "--no-headers"]).Lines;
}
