using System.Diagnostics;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>connect(): each call has exactly one outcome, with the errno that the program got.</summary>
public sealed class ConnectTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);

    private void PlayConnected(string scenario, SceneKind[] kinds, Unlike? unlike = null) => _stage.Play(scenario, kinds, seen =>
    {
        PassOverFiller(seen);
        seen.Tells("client", unlike ?? new Unlike(), "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    /// <summary>Plays a failure that has one event at the client, and none at the server.</summary>
    private void PlayFailed(string scenario, SceneKind[] kinds, string story, string who = "client", Action<Seen, SeenEvent>? check = null,
        string argument = "") => _stage.Play(scenario, kinds, seen =>
    {
        PassOverFiller(seen);
        SeenEvent[] told = seen.Tells(who, story);
        check?.Invoke(seen, told[0]);
    }, argument);

    private static void PassOverFiller(Seen seen) => seen.PassOverFiller();

    [KernelFact]
    public void ConnectionReportsBothItsSides() => PlayConnected("connect_ok", SceneKind.All);

    [KernelFact]
    public void NonBlockingConnectIsReportedWhenEstablished() => PlayConnected("connect_nonblocking_ok", SceneKind.All);

    [KernelFact]
    public void RepeatedConnectCallMakesNoSecondConnection() => PlayConnected("connect_nonblocking_asked_again", SceneKind.All);

    [KernelFact]
    public void EndedThreadIsStillNamedAsTheConnector() => PlayConnected("connect_from_a_thread_that_exits", SceneKind.All);

    [KernelFact]
    public void StoppedAndContinuedConnectIsReportedOnce() => PlayConnected("connect_stopped_and_continued", SceneKind.All);

    [KernelFact]
    public void InterruptedConnectContinuesAndIsReportedOnce() => PlayConnected("connect_interrupted", SceneKind.All);

    [KernelFact]
    public void RefusedConnectKeepsItsPortAndErrno() => PlayFailed("connect_refused", SceneKind.All, "connect-failed ECONNREFUSED");

    [KernelFact]
    public void RefusedConnectOfAnUnboundSocketHasItsPortOnTheWire() => PlayFailed("connect_refused_unbound", SceneKind.All,
        "connect-failed ECONNREFUSED", check: (seen, e) =>
    {
        Assert.InRange(e.Number("sport"), 1024, 65535);
        Assert.Equal(seen.Kind.ClientAddress, e.Text("saddr"));
    });

    [KernelFact]
    public void RefusedNonBlockingConnectIsReportedOnce() =>
        PlayFailed("connect_nonblocking_refused", SceneKind.All, "connect-failed ECONNREFUSED");

    [KernelFact]
    public void RepeatedConnectCallAfterTheErrorIsNoSecondFailure() =>
        PlayFailed("connect_refused_asked_again", SceneKind.All, "connect-failed ECONNREFUSED");

    [KernelFact]
    public void RepeatedConnectCallAfterAResetIsNoFailedConnect()
    {
        foreach ((string argument, string error) in new[] { ("", "ECONNRESET"), ("half", "EPIPE") })
        {
            _stage.Play("connect_reset_asked_again", SceneKind.Plain, seen =>
            {
                seen.Tells("client", "connect", $"unknown {error} reset-received");
                seen.Tells("server", "accept", "close reset-sent");
            }, argument);
        }
    }

    [KernelFact]
    public void TimedOutConnectHasTheNumberOfItsRetries() => PlayFailed("connect_timed_out", [.. SceneKind.Plain, SceneKind.MptcpListener],
        "connect-failed ETIMEDOUT", check: (seen, e) =>
    {
        Assert.InRange(e.Number("latency_ns"), 300_000_000, 20_000_000_000);
    });

    [KernelFact]
    public void AnUnreachableNetworkIsAFailureWithoutASyn() =>
        PlayFailed("connect_unreachable", SceneKind.All, "connect-failed ENETUNREACH", check: (_, e) => Assert.True(e.Has("no_syn")));

    [KernelFact]
    public void RoutesThatForbidGiveTheirOwnErrno()
    {
        foreach ((string route, string error) in new[] { ("prohibit", "EACCES"), ("unreachable", "EHOSTUNREACH"), ("blackhole", "EINVAL") })
        {
            Ip(hosts.Left, "route", "add", route, "192.0.2.0/24");
            Ip(hosts.Left, "-6", "route", "add", route, "2001:db8::/64");
            PlayFailed("connect_unreachable", [SceneKind.V4, SceneKind.V6, SceneKind.Mapped, .. SceneKind.Mptcp], $"connect-failed {error}",
                check: (seen, _) => Assert.Equal(error, seen.ErrorOf("client")));
            Ip(hosts.Left, "route", "del", route, "192.0.2.0/24");
            Ip(hosts.Left, "-6", "route", "del", route, "2001:db8::/64");
        }
    }

    [KernelFact]
    public void SilentNeighbourIsAFailureAfterTheSyn()
    {
        foreach (string version in new[] { "ipv4", "ipv6" })
            TwoHosts.Start(hosts.Left, "sh", "-c", $"echo 50 > /proc/sys/net/{version}/neigh/eth0/retrans_time_ms; "
                + $"echo 1 > /proc/sys/net/{version}/neigh/eth0/mcast_solicit").WaitForExit();
        PlayFailed("connect_no_neighbour", [SceneKind.V4, SceneKind.Mapped], "connect-failed EHOSTUNREACH", argument: "10.77.0.98");
        PlayFailed("connect_no_neighbour", [SceneKind.V6], "connect-failed EHOSTUNREACH", argument: "fd77::98");
    }

    [KernelFact]
    public void ConnectWithoutAFreePortHasTheErrnoOfTheCall() => _stage.Play("connect_no_port",
        [.. SceneKind.Plain, .. SceneKind.Mptcp], seen =>
    {
        seen.PassOver(e => e.Number("sport") == 31001 || e.Number("dport") == 31001);
        seen.Tells("client", "connect-failed EADDRNOTAVAIL");
    });

    [KernelFact]
    public void ConnectGivenUpByCloseIsAborted() => PlayFailed("connect_given_up_by_close", SceneKind.All, "connect-failed aborted");

    [KernelFact]
    public void ConnectGivenUpAfterADeadlineIsAborted() =>
        PlayFailed("connect_given_up_after_sndtimeo", SceneKind.All, "connect-failed aborted");

    [KernelFact]
    public void ConnectGivenUpByDisconnectIsReportedAtOnce() => _stage.PlayAndLeave("connect_given_up_by_disconnect", SceneKind.All, seen =>
    {
        PassOverFiller(seen);
        seen.Tells("client", "connect-failed aborted");
    });

    [KernelFact]
    public void ConnectGivenUpByShutdownIsReportedAtOnce() => _stage.PlayAndLeave("connect_given_up_by_shutdown", SceneKind.All, seen =>
    {
        PassOverFiller(seen);
        seen.Tells("client", "connect-failed aborted");
    });

    [KernelFact]
    public void ConnectShutDownByAnotherThreadIsReportedOnce() =>
        PlayFailed("connect_shut_down_by_another_thread", SceneKind.All, "connect-failed aborted", "blocked");

    [KernelFact]
    public void ConnectOfAKilledProcessIsAborted() =>
        PlayFailed("connect_given_up_by_sigkill", SceneKind.All, "connect-failed aborted", "blocked");

    [KernelFact]
    public void RefusedSocketThatConnectsLaterIsTwoConnections() => _stage.Play("connect_refused_then_ok", SceneKind.All, seen =>
    {
        SeenEvent refused = Assert.Single(seen.Tells("refused", "connect-failed ECONNREFUSED"));
        Assert.NotEqual(refused.Text("conn"), seen.Tells("client", "connect", "close close")[0].Text("conn"));
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void ADisconnectedSocketThatConnectsAgainIsTwoConnections() => _stage.Play("connect_disconnect_connect", SceneKind.All, seen =>
    {
        seen.Tells("client1", "connect", "close reset-sent");
        seen.Tells("server1", "accept", "unknown ECONNRESET reset-received");
        seen.Tells("client2", "connect", "close close");
        seen.Tells("server2", "accept", "close peer-close");
    });

    [KernelFact]
    public void ASocketConnectedToItselfIsOneConnection() =>
        _stage.Play("connect_to_itself", SceneKind.Plain, seen => seen.Tells("client", "connect", "close close"));

    [KernelFact]
    public void TwoSocketsThatConnectToEachOtherAreTwoConnects() => _stage.Play("connect_simultaneous",
        [SceneKind.V4, SceneKind.V6, SceneKind.Mapped], seen =>
    {
        seen.Tells("client", "connect", "close close");
        seen.Tells("server", "connect", "close peer-close");
    });

    [KernelFact]
    public void ConnectErrorsNeverShowAnInvalidAddress() => _stage.Play("connect_bad_arguments", [SceneKind.V4, SceneKind.V6], seen =>
    {
        Each.Of(seen.Events, e => Assert.Equal(seen.Facts("family").Number("pid"), e.Number("pid")));
        Each.Of(seen.Events, e => Assert.Equal("connect-failed", e.Text("operation")));
        Each.Of(seen.Events, e => Assert.Contains(e.Text("daddr"), new[] { "0.0.0.0", "::", "::1" }));
        seen.PassOver(_ => true);
    });

    private static void Ip(string netns, params string[] arguments)
    {
        using Process process = Process.Start("ip", ["-n", netns, .. arguments]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
