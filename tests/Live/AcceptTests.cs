using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// accept() is reported once, for the task that gets the connection, with the time that it waited; never at the change of state.
/// </summary>
public sealed class AcceptTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);

    private void PlayAccepted(string scenario, SceneKind[] kinds, Action<Seen,
        SeenEvent>? check = null) => _stage.Play(scenario, kinds, seen =>
    {
        seen.Tells("client", "connect", "close close");
        SeenEvent[] told = seen.Tells("server", "accept", "close peer-close");
        Assert.Equal(seen.Facts("server").Number("pid"), told[0].Number("listener_pid"));
        Assert.Equal("server", told[0].Text("listener_comm"));
        check?.Invoke(seen, told[0]);
    });

    [KernelFact]
    public void LatencyOfAnAcceptIsTheTimeInTheQueue() => PlayAccepted("accept_after_waiting", SceneKind.All,
        (_, accept) => Assert.InRange(accept.Number("latency_ns"), 200_000_000, 2_000_000_000));

    [KernelFact]
    public void Accept4IsReportedAsAccept() => PlayAccepted("accept_by_accept4", SceneKind.All);

    [KernelFact]
    public void AcceptWithoutAConnectionIsNoEvent() => PlayAccepted("accept_polled_nonblocking", SceneKind.All);

    [KernelFact]
    public void AcceptOfAThreadBelongsToItsProcess() => PlayAccepted("accept_in_a_thread", SceneKind.All);

    [KernelFact]
    public void DualStackListenerShowsTheIpv4Address() =>
        PlayAccepted("accept_on_dual_stack", [SceneKind.V4, SceneKind.Loopback4]);

    [KernelFact]
    public void AcceptBlockedSinceBeforeTheRecorderIsReported() => _stage.PlayAndJoin("accept_blocked_before",
        [SceneKind.V4, SceneKind.V6, SceneKind.MptcpListener, SceneKind.Mptcp4], seen =>
    {
        seen.Tells("client", "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void ConnectionQueuedBeforeTheRecorderIsReportedAsAccepted() => _stage.PlayAndJoin("accept_established_before",
        [SceneKind.V4, SceneKind.V6, SceneKind.Mptcp4], seen =>
    {
        seen.Tells("client", new Unlike { NoStart = true }, "existing", "close close");
        seen.Tells("server", new Unlike { NoStart = true }, "accept", "close peer-close");
    });

    [KernelFact]
    public void PeerThatClosedBeforeTheRecorderClosedFirst() => _stage.PlayAndJoin("accept_finished_before",
        [SceneKind.V4, SceneKind.V6, SceneKind.Mptcp4], seen =>
    {
        seen.Tells("client", new Unlike { NoStart = true, AnyActor = true }, "existing", "close close");
        seen.Tells("server", new Unlike { NoStart = true }, "accept", "close peer-close");
    });

    [KernelFact]
    public void ConnectionResetBeforeTheRecorderIsAcceptedAndEnded() => _stage.PlayAndJoin("accept_reset_before",
        [SceneKind.V4, SceneKind.V6, SceneKind.Mptcp4], seen =>
        seen.Tells(Peerless(seen, "server"), new Unlike { NoStart = true }, "accept", "unknown ECONNRESET reset-received"));

    // When it is accepted, the server's socket does not know its peer any more
    private static SocketFacts Peerless(Seen seen, string who) => seen.Facts(who).Facing(seen.Facts("client"));

    [KernelFact]
    public void AcceptOfAResetConnectionReportsAcceptAndReset() => _stage.Play("accept_peer_reset", SceneKind.All, seen =>
    {
        seen.Tells("client", new Unlike { AnyActor = seen.Kind.IsMptcp }, "connect", "close reset-sent");
        seen.Tells(Peerless(seen, "server"), new Unlike { EndedUnseen = true }, "accept", "unknown ECONNRESET reset-received");
    });

    [KernelFact]
    public void AcceptOfAClosedConnectionReportsAcceptAndClose() => _stage.Play("accept_peer_closed", SceneKind.All, seen =>
    {
        seen.Tells("client", "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void PreforkedWorkersOwnTheConnectionsTheyAccepted() => _stage.Play("accept_by_preforked_workers", SceneKind.All, seen =>
    {
        long listening = seen.Scene.Facts.First(f => f.Who == "worker").Number("ppid");
        CheckWorkers(seen, _ => listening, "server");
    });

    [KernelFact]
    public void WorkersOnASharedPortOwnTheConnectionsTheyAccepted() =>
        _stage.Play("accept_on_shared_port", SceneKind.All, seen => CheckWorkers(seen, worker => worker.Number("pid"), "worker"));

    private static void CheckWorkers(Seen seen, Func<SocketFacts, long> listener, string listenerComm)
    {
        foreach (SocketFacts client in seen.Scene.Facts.Where(f => f.Who == "client"))
            seen.Tells(client, new Unlike(), "connect", "close close");
        SocketFacts[] workers = [.. seen.Scene.Facts.Where(f => f.Who == "worker")];
        Assert.Equal(12, workers.Length);
        foreach (SocketFacts worker in workers)
        {
            SeenEvent accept = seen.Tells(worker, new Unlike(), "accept", "close peer-close")[0];
            Assert.Equal(listener(worker), accept.Number("listener_pid"));
            Assert.Equal(listenerComm, accept.Text("listener_comm"));
        }
    }

    [KernelFact]
    public void NeverAcceptedConnectionHasNoAcceptAndNoClose() => _stage.Play("accept_never", SceneKind.All, seen =>
    {
        SeenEvent client = seen.Tells("client", "connect", "unknown ECONNRESET reset-received")[0];
        SeenEvent? told = seen.Events.SingleOrDefault(e => e.Text("operation") == "unaccepted");
        seen.PassOverIfAny(e => e == told);
        if (told is null && seen.Kind.IsMptcp) // the socket is made before the kernel knows whether it is a path of another connection
            return;
        Assert.NotNull(told);
        Assert.Equal(("listener", "server", client.Text("flow")), (told.Text("attribution"), told.Text("comm"), told.Text("flow")));
        Assert.Equal((client.Number("dport"), client.Number("sport")), (told.Number("sport"), told.Number("dport")));
        Assert.Equal((told.Number("pid"), "server"), (told.Number("listener_pid"), told.Text("listener_comm")));
        Assert.EndsWith("/scenario", told.Text("exe"));
    });

    [KernelFact]
    public void KillingAListenerDoesNotMakeTheKillerItsOwner()
    {
        using var folder = new TemporaryFolder();
        string trace = folder.File("killed.tct");
        using TcptracerProgram program = TcptracerProgram.StartWatching("record", "-o", trace, "--netns", hosts.Left);
        RunResult killed = Shell.Run($"ip netns exec {hosts.Left} python3 -c '{KilledListener}'");
        Assert.Equal(0, killed.ExitCode); // ss also asks for kinds of sockets that this kernel does not have
        RunResult run = program.Stop();
        Assert.Contains("1 connection never accepted by the listener", run.ErrorLines);
        Assert.DoesNotContain("unaccepted", TcptracerProgram.Run("show", trace, "-o", "json").Output, StringComparison.Ordinal);
    }

    private const string KilledListener = """
        import socket, subprocess
        s = socket.create_server(("127.0.0.1", 6951))
        c = socket.create_connection(("127.0.0.1", 6951))
        subprocess.run(["ss", "-K", "state", "listening", "sport", "=", "6951"], check=True, stdout=subprocess.DEVNULL)
        """;

    [KernelFact]
    public void PassedDescriptorKeepsTheOwnerAndNamesTheCloser() => _stage.Play("accept_and_pass_on", SceneKind.All, seen =>
    {
        seen.Tells("client", "connect", "close close");
        SocketFacts server = seen.Facts("server"), receiver = seen.Facts("receiver");
        server = server.With("sent", receiver.Text("sent")).With("received", receiver.Text("received"));
        seen.Tells(server, new Unlike { Actor = receiver }, "accept", "close peer-close");
        Assert.NotEqual(server.Text("pid"), receiver.Text("pid"));
    });

    [KernelFact]
    public void AcceptOfA32BitProgramIsReportedAtItsClose() => _stage.Play("accept_by_32_bit_call", SceneKind.Plain, seen =>
    {
        seen.Tells("client", "connect", "close close");
        if (seen.Scene.Words.Contains("unsupported"))
            seen.Tells("server", "accept", "close peer-close");
        else
            seen.Tells("server", new Unlike { NoFd = true, Late = true }, "accept", "close peer-close");
    });
}
