using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>Connections through io_uring, whose connect() and accept() are not system calls.</summary>
public sealed class IoUringTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);
    private static readonly SceneKind[] s_kinds =
        [SceneKind.V4, SceneKind.V6, SceneKind.Loopback4, SceneKind.MptcpListener, SceneKind.Mptcp4];

    private void Play(string scenario, Unlike client, Unlike server) => _stage.Play(scenario, s_kinds, seen =>
    {
        seen.Tells("client", client, "connect", "close close");
        seen.Tells("server", server, "accept", "close peer-close");
    });

    private static readonly Unlike s_submitted = new() { NoFd = true }, s_worker = new() { NoFd = true, AnyTid = true };

    [KernelFact]
    public void ConnectBelongsToTheSubmitter() => Play("uring_connect", s_submitted, new Unlike());

    [KernelFact]
    public void ConnectByAKernelWorkerBelongsToItsProcess() => Play("uring_connect_async", s_worker, new Unlike());

    [KernelFact]
    public void AcceptBelongsToTheSubmitter() => Play("uring_accept", new Unlike(), new Unlike());

    [KernelFact]
    public void AcceptByAKernelWorkerBelongsToItsProcess() => Play("uring_accept_async", new Unlike(), new Unlike { AnyTid = true });

    [KernelFact]
    public void DeferredAcceptBelongsToTheSubmitter() => Play("uring_accept_deferred", new Unlike(), new Unlike());

    [KernelFact]
    public void AcceptWithoutADescriptorBelongsToItsProcess() => _stage.Play("uring_accept_direct",
        [SceneKind.V4, SceneKind.V6, SceneKind.Loopback4], seen =>
    {
        seen.Tells("client", "connect", "close close");
        // the server has no socket that it could ask
        SocketFacts server = seen.Facts("server").Facing(seen.Facts("client")).With("sent", "5").With("received", "3");
        seen.Tells(server, new Unlike { NoFd = true }, "accept", "close peer-close");
    });

    [KernelFact]
    public void EveryShotOfAMultishotAcceptIsAnAccept() => _stage.Play("uring_accept_multishot", s_kinds, seen =>
    {
        Assert.Equal(seen.Scene.Facts.Count(f => f.Who == "client"), seen.Scene.Facts.Count(f => f.Who != "client"));
        foreach (SocketFacts facts in seen.Scene.Facts)
        {
            if (facts.Who == "client")
                seen.Tells(facts, new Unlike(), "connect", "close close");
            else
                seen.Tells(facts, new Unlike(), "accept", "close peer-close");
        }
    });

    [KernelFact]
    public void CloseByTheRingIsAClose() => Play("uring_close", new Unlike(), new Unlike());

    [KernelFact]
    public void ARefusedConnectIsAFailure() =>
        _stage.Play("uring_connect_refused", s_kinds, seen => seen.Tells("client", s_submitted, "connect-failed ECONNREFUSED"));

    [KernelFact]
    public void AnUnreachableNetworkIsAFailure()
    {
        _stage.Play("uring_connect_unreachable", s_kinds, seen => seen.Tells("client", s_submitted, "connect-failed ENETUNREACH"));
        _stage.Play("uring_connect_unreachable_async", s_kinds, seen => seen.Tells("client", s_worker, "connect-failed ENETUNREACH"));
    }

    [KernelFact]
    public void AConnectGivenUpWithItsRingIsAborted() => _stage.Play("uring_connect_given_up", s_kinds, seen =>
    {
        seen.PassOverFiller();
        seen.Tells("client", s_submitted, "connect-failed aborted");
    });

    private static void SkipBefore(int major, int minor, string what) => KnownFact.SkipBefore(major, minor, what);

    /// <summary>The kernel's thread iou-sqp-*, which takes the requests, belongs to the process and has a thread id of its own.</summary>
    private static void CheckThread(SeenEvent e) => Assert.NotEqual(e.Number("pid"), e.Number("tid"));

    [KernelFact]
    public void ConnectByThePollingThreadBelongsToItsProcess()
    {
        SkipBefore(5, 12, "a polling thread that belongs to its process");
        _stage.Play("uring_sqpoll_connect", s_kinds, seen =>
        {
            CheckThread(seen.Tells("client", s_worker, "connect", "close close")[0]);
            seen.Tells("server", "accept", "close peer-close");
        });
        _stage.Play("uring_sqpoll_connect_refused", s_kinds,
            seen => CheckThread(seen.Tells("client", s_worker, "connect-failed ECONNREFUSED")[0]));
        _stage.Play("uring_sqpoll_connect_unreachable", s_kinds,
            seen => CheckThread(seen.Tells("client", s_worker, "connect-failed ENETUNREACH")[0]));
    }

    [KernelFact]
    public void AcceptByThePollingThreadBelongsToItsProcess()
    {
        SkipBefore(5, 12, "a polling thread that belongs to its process");
        _stage.Play("uring_sqpoll_accept", s_kinds, seen =>
        {
            seen.Tells("client", "connect", "close close");
            CheckThread(seen.Tells("server", new Unlike { AnyTid = true }, "accept", "close peer-close")[0]);
        });
    }

    [KernelFact]
    public void CloseByThePollingThreadBelongsToItsProcess()
    {
        SkipBefore(5, 12, "a polling thread that belongs to its process");
        Play("uring_sqpoll_close", new Unlike(), new Unlike());
    }

    [KernelFact]
    public void AShutdownByTheRingIsAClose()
    {
        SkipBefore(5, 12, "IORING_OP_SHUTDOWN by a thread that belongs to its process");
        Play("uring_shutdown", new Unlike(), new Unlike());
        Play("uring_sqpoll_shutdown", new Unlike(), new Unlike());
    }

    private void PlayAborted(string scenario, Unlike unlike, string who = "client", SceneKind[]? kinds = null) => _stage.Play(scenario,
        kinds ?? s_kinds, seen =>
    {
        seen.PassOverFiller();
        seen.Tells(who, unlike, "connect-failed aborted");
    });

    [KernelFact]
    public void ConnectCancelledByALinkedTimeoutIsAborted() => PlayAborted("uring_connect_timed_out", s_submitted);

    [KernelFact]
    public void ACancelledConnectIsAborted()
    {
        SkipBefore(5, 12, "a polling thread that belongs to its process");
        PlayAborted("uring_connect_cancelled", s_submitted);
        PlayAborted("uring_sqpoll_connect_cancelled", s_worker);
    }

    [KernelFact]
    public void CancelledConnectThatIsEstablishedIsAConnect() => _stage.Play("uring_connect_cancelled_then_ok", s_kinds, seen =>
    {
        seen.PassOverFiller();
        seen.Tells("client", s_submitted, "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void ConnectShutDownByTheRingIsReportedAtOnce()
    {
        SkipBefore(5, 11, "IORING_OP_SHUTDOWN");
        _stage.PlayAndLeave("uring_connect_shut_down", s_kinds, seen =>
        {
            seen.PassOverFiller();
            seen.Tells("client", "connect-failed aborted");
        });
    }

    [KernelFact]
    public void RingConnectShutDownByTheRingIsReportedOnce()
    {
        SkipBefore(5, 11, "IORING_OP_SHUTDOWN");
        // with MPTCP it never completes
        PlayAborted("uring_connect_shut_down_in_flight", s_submitted,
            kinds: [SceneKind.V4, SceneKind.V6, SceneKind.Loopback4, SceneKind.MptcpListener]);
    }

    [KernelFact]
    public void ConnectWithoutAFreePortHasTheErrnoOfTheCompletion()
    {
        foreach ((string scenario,
            Unlike unlike) in new[] { ("uring_connect_no_port", s_submitted), ("uring_connect_no_port_async", s_worker) })
        {
            _stage.Play(scenario, s_kinds, seen =>
            {
                seen.PassOver(e => e.Number("sport") == 31001 || e.Number("dport") == 31001);
                seen.Tells("client", unlike, "connect-failed EADDRNOTAVAIL");
            });
        }
    }

    // A socket in the ring's own table of files cannot be asked, so its ends are those that the peer sees
    private static SocketFacts Direct(Seen seen)
    {
        SocketFacts server = seen.Facts("server");
        return seen.Facts("client").With("saddr", server.Text("daddr")).With("sport", server.Text("dport"))
            .With("daddr", server.Text("saddr")).With("dport", server.Text("sport"))
            .With("sent", "3").With("received", "5");
    }

    [KernelFact]
    public void SocketWithoutADescriptorBelongsToItsCreator()
    {
        SkipBefore(5, 19, "IORING_OP_SOCKET");
        _stage.Play("uring_socket_direct", s_kinds, seen =>
        {
            seen.Tells(Direct(seen), s_submitted, "connect", "close close");
            seen.Tells("server", "accept", "close peer-close");
        });
        _stage.Play("uring_socket_direct_refused", s_kinds, seen => seen.Tells("client", s_submitted, "connect-failed ECONNREFUSED"));
    }

    [KernelFact]
    public void SocketClosedByTheKernelHasNoCloser()
    {
        SkipBefore(5, 19, "IORING_OP_SOCKET");
        _stage.Play("uring_socket_direct_left_open", s_kinds, seen =>
        {
            SeenEvent end = seen.Tells(Direct(seen), s_submitted with { AnyActor = true }, "connect", "close close")[1];
            Assert.False(end.Has("actor_pid"));
            seen.Tells("server", "accept", "close peer-close");
        });
    }

    [KernelFact]
    public void RingConnectOfAKilledProcessIsAborted() => PlayAborted("uring_connect_killed", s_submitted, "doomed");

    [KernelFact]
    public void AcceptedSocketClosedByTheKernelHasNoCloser() => _stage.Play("uring_accept_direct_left_open",
        [SceneKind.V4, SceneKind.V6], seen =>
    {
        seen.Tells("client", "connect", "close peer-close");
        SocketFacts server = seen.Facts("server").Facing(seen.Facts("client")).With("sent", "0").With("received", "0");
        Assert.False(seen.Tells(server, new Unlike { NoFd = true, AnyActor = true }, "accept", "close close")[1].Has("actor_pid"));
    });
}
