using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>MPTCP: the events are those of the connection, never those of the subflows that carry it, whatever happens to these.</summary>
public sealed class MptcpTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);
    private static readonly Unlike s_plain = new() { IsPlain = true };

    private void Play(string scenario, string client, string server, Unlike? serverUnlike = null, Action<Seen>? check = null)
    {
        KnownFact.SkipBefore(6, 7, "net.mptcp.close_timeout, without which a connection that has no subflows lives for a minute,");
        _stage.Play(scenario, SceneKind.Mptcp, seen =>
        {
            seen.Tells("client", "connect", client);
            seen.Tells("server", serverUnlike ?? new Unlike(), "accept", server);
            check?.Invoke(seen);
        });
    }

    /// <summary>Plays over a wire that the scenario can cut or disturb.</summary>
    private void PlayOnWire(string scenario, string client, string server, Unlike? serverUnlike = null)
    {
        RequireTun();
        Play(scenario, client, server, serverUnlike);
    }

    private static void RequireTun() => Assert.True(File.Exists("/dev/net/tun"),
        "there is no /dev/net/tun, the wire that is cut here: modprobe tun, or give the container that device");

    [KernelFact]
    public void UnansweredRetransmissionsTimeOut() =>
        PlayOnWire("mptcp_retransmission_timeout", "unknown ETIMEDOUT timed-out", "close reset-sent");

    [KernelFact]
    public void UnansweredKeepAliveTimesOut() => PlayOnWire("mptcp_keepalive", "unknown ETIMEDOUT timed-out", "close reset-sent");

    [KernelFact]
    public void UnansweredConnectTimesOut()
    {
        RequireTun();
        _stage.Play("mptcp_connect_timeout", SceneKind.Mptcp, seen =>
        {
            Assert.Equal("ETIMEDOUT", seen.ErrorOf("client"));
            Assert.Equal(1, seen.Tells("client", "connect-failed ETIMEDOUT")[0].Number("retransmits"));
        });
    }

    [KernelFact]
    public void AnAdministratorCannotKillTheConnection() => Play("mptcp_kill", "close close", "close peer-close");

    [KernelFact]
    public void ConnectionWithoutSubflowsEndsAsItsLastSubflow() =>
        Play("mptcp_kill_only_subflow", "unknown ECONNABORTED killed", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void HalfClosedConnectionWithoutSubflowsEndsAsItsLastSubflow() =>
        Play("mptcp_kill_only_subflow_after_shutdown", "unknown ECONNABORTED killed", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void CloseWithoutSubflowsKeepsTheReasonOfTheLastOne() =>
        Play("mptcp_close_without_subflow", "close ECONNABORTED killed", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void SeveralSubflowsAreOneConnection() => Play("mptcp_several_subflows", "close close", "close peer-close",
        check: seen => Assert.Contains("1 further subflows", seen.Scene.Words));

    [KernelFact]
    public void ResetOfOneOfTwoSubflowsEndsNothing()
    {
        Play("mptcp_kill_further_subflows", "close close", "close peer-close");
        Play("mptcp_kill_first_subflow", "close close", "close peer-close");
    }

    [KernelFact]
    public void ResetOfASubflowIsNotTheEndOfTheConnection() =>
        Play("mptcp_kill_first_subflow_then_unread", "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void FallbackToTcpDuringAConnectionChangesNothing()
    {
        PlayOnWire("mptcp_fallback", "close close", "close peer-close");
        PlayOnWire("mptcp_fallback_then_reset", "close reset-sent", "unknown ECONNRESET reset-received");
    }

    [KernelFact]
    public void ServerSideIsPlainTcpWhenOnlyTheSynsHadMptcp()
    {
        PlayOnWire("mptcp_lost_on_the_way", "close close", "close peer-close", s_plain);
        PlayOnWire("mptcp_lost_on_the_way_then_reset", "close reset-sent", "unknown ECONNRESET reset-received", s_plain);
        PlayOnWire("mptcp_lost_on_the_way_then_cut", "unknown ETIMEDOUT timed-out", "close reset-sent", s_plain);
    }

    [KernelFact]
    public void AcceptOfADisconnectedConnectionReportsAcceptAndEnd() => _stage.Play("mptcp_disconnected_before_accept",
        SceneKind.All, seen =>
    {
        seen.Tells("client", "connect", "close reset-sent");
        seen.Tells(seen.Facts("server").Facing(seen.Facts("client")), new Unlike { EndedUnseen = true }, "accept",
            "unknown ECONNRESET reset-received");
    });

    [KernelFact]
    public void SimultaneousClosesOfSeveralHoldersAreOneClose() => _stage.Play("mptcp_closed_by_many", SceneKind.Mptcp, seen =>
    {
        SocketFacts client = seen.Facts("client");
        SeenEvent close = Assert.Single(seen.Events, e => e.Text("operation") == "close" && e.Number("sport") == client.Number("sport"));
        SocketFacts[] holders = [.. seen.Scene.Facts.Where(f => f.Who == "holder")];
        Assert.Equal(8, holders.Length);
        SocketFacts? last = close.Has("actor_pid") ? holders.Single(h => h.Number("pid") == close.Number("actor_pid")) : null;
        seen.Tells(client, new Unlike { Actor = last }, "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void ForkedProcessesCloseTheirConnections() => _stage.Play("mptcp_served_by_forks", SceneKind.Mptcp, seen =>
    {
        SocketFacts[] clients = [.. seen.Scene.Facts.Where(f => f.Who == "client")],
            servers = [.. seen.Scene.Facts.Where(f => f.Who == "server")];
        Assert.Equal((8, 8), (clients.Length, servers.Length));
        foreach (SocketFacts client in clients)
            seen.Tells(client, new Unlike(), "connect", "close close");
        foreach (SocketFacts server in servers)
        {
            SocketFacts child = seen.Scene.Facts.Single(f => f.Who == "child" && f.Text("dport") == server.Text("dport"));
            seen.Tells(server.With("sent", child.Text("sent")).With("received", child.Text("received")), new Unlike { Actor = child },
                "accept", "close peer-close");
        }
    });
}
