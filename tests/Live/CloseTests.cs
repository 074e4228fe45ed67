using System.Diagnostics;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// The end of a connection is one event, with its owner, its actor, the reason, the duration, and every byte counted once.
/// </summary>
public sealed class CloseTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);

    private void Play(string scenario, SceneKind[] kinds, string client, string server, Action<Seen, SeenEvent,
        SeenEvent>? check = null) => _stage.Play(scenario, kinds, seen =>
    {
        SeenEvent clientEnd = seen.Tells("client", "connect", client)[1];
        SeenEvent serverEnd = seen.Tells("server", "accept", server)[1];
        check?.Invoke(seen, clientEnd, serverEnd);
    });

    [KernelFact]
    public void FirstCloserHasReasonClose() => Play("close_client_first", SceneKind.All, "close close", "close peer-close");

    [KernelFact]
    public void SecondCloserHasReasonPeerClose() => Play("close_server_first", SceneKind.All, "close peer-close", "close close");

    [KernelFact]
    public void ShutdownAndCloseAreOneEvent() => Play("close_after_shutdown", SceneKind.All, "close close", "close peer-close");

    [KernelFact]
    public void DataAfterAHalfCloseCounts() => Play("close_half_then_data", SceneKind.All, "close close", "close peer-close",
        (_, client, server) => Assert.Equal((1_000_005, 1_000_005), (client.Number("received_bytes"), server.Number("sent_bytes"))));

    [KernelFact]
    public void UnreadDataAfterAHalfCloseIsAReset() => Play("close_half_then_unread",
        [.. SceneKind.Plain, SceneKind.MptcpListener, .. SceneKind.Mptcp], "close reset-sent", "unknown EPIPE reset-received");

    [KernelFact]
    public void UnreadDataIsAReset() => Play("close_unread", [.. SceneKind.Plain, SceneKind.MptcpListener, .. SceneKind.Mptcp],
        "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void UnreadDataIsNoResetWhereMptcpFellBack() =>
        Play("close_unread_fallen_back", [SceneKind.MptcpClient], "close close", "close peer-close");

    [KernelFact]
    public void LingerZeroIsAReset() => Play("close_linger_zero", SceneKind.All, "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void ResetAfterAHalfCloseOfThePeerIsAReset() =>
        Play("close_reset_after_half", SceneKind.All, "unknown EPIPE reset-received", "close reset-sent");

    [KernelFact]
    public void LastOfSeveralHoldersCloses() => _stage.Play("close_by_last_holder", SceneKind.All, seen =>
    {
        seen.Tells("client", new Unlike { Actor = seen.Facts("holder") }, "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void ExitOfTheLastHolderIsAClose() => _stage.Play("close_by_exit_of_last_holder", SceneKind.All, seen =>
    {
        seen.Tells("client", new Unlike { Actor = seen.Facts("holder") }, "connect", "close exit");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void ExitWithoutCloseIsAClose() => Play("close_by_exit", SceneKind.All, "close exit", "close peer-close");

    [KernelFact]
    public void EndOfAThreadClosesNothing() =>
        Play("close_by_exit_of_a_thread", SceneKind.All, "close close", "close peer-close");

    [KernelFact]
    public void KilledProcessCloses() => Play("close_by_sigkill", SceneKind.All, "close exit", "close peer-close");

    [KernelFact]
    public void UnansweredRetransmissionsTimeOut() => Play("close_by_retransmission_timeout",
        [.. SceneKind.Plain, SceneKind.MptcpListener], "unknown ETIMEDOUT timed-out", "close reset-sent",
        (_, client, _) => Assert.True(client.Number("retransmits") > 0));

    [KernelFact]
    public void UnansweredKeepAliveTimesOut() => Play("close_by_keepalive",
        [SceneKind.V4, SceneKind.V6, SceneKind.Mapped, SceneKind.MptcpListener], "unknown ETIMEDOUT timed-out", "close reset-sent");

    [KernelFact]
    public void RetransmittedBytesCountOnceAndAsRetransmissions() => Play("close_after_retransmissions",
        [.. SceneKind.Plain, SceneKind.MptcpListener], "close close", "close peer-close", (seen, client, server) =>
    {
        Assert.Equal(seen.Facts("client").Number("retransmits"), client.Number("retransmits"));
        Assert.True(client.Number("retransmits") > 0);
        Assert.Equal((50_003, 50_003), (client.Number("sent_bytes"), server.Number("received_bytes")));
        // The acknowledgement of the FIN is one more sample, which counts an eighth. It took no longer than the end of the connection.
        // There is no close_ns where that was no more than a millisecond.
        long rtt = seen.Facts("client").Number("rtt"), end = client.Has("close_ns") ? client.Number("close_ns") : 1_000_000;
        Assert.InRange(client.Number("srtt_us"), rtt / 2, (rtt * 2) + (end / 8000));
    });

    [KernelFact]
    public void KillByAnAdministratorHasNoCloser() => Play("close_by_administrator", [.. SceneKind.Plain, SceneKind.MptcpListener],
        "unknown ECONNABORTED killed", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void ResetAfterTheCloseEndsTheConnection() =>
        Play("close_then_reset", SceneKind.All, "unknown ECONNRESET reset-received", "close reset-sent");

    [KernelFact]
    public void UnreadErrorIsNotTheErrorOfAnOrderlyClose()
    {
        Play("close_with_unread_error", [SceneKind.V4, SceneKind.Loopback4], "close close", "close peer-close");
        Play("close_second_with_unread_error", [SceneKind.V4, SceneKind.Loopback4], "close peer-close", "close close");
    }

    [KernelFact]
    public void UnreadErrorIsNotTheErrorOfAReset() =>
        Play("close_linger_zero_with_unread_error", [SceneKind.V4, SceneKind.Loopback4], "close reset-sent",
            "unknown ECONNRESET reset-received");

    [KernelFact]
    public void MigratedConnectionSendsNoReset() =>
        Play("close_in_repair", SceneKind.Plain, "close close", "close ECONNRESET reset-received");

    [KernelFact]
    public void UnreachableSubflowIsNoErrorOfItsConnection()
    {
        Run(hosts.Left, $"ip route add 10.77.1.2 via {TwoHosts.RightV4} && ip mptcp limits set subflow 1 add_addr_accepted 1");
        Run(hosts.Right, "ip addr add 10.77.1.2/32 dev lo && ip mptcp limits set subflow 1 && ip mptcp endpoint add 10.77.1.2 signal");
        try
        {
            Play("close_after_refused_path", [SceneKind.Mptcp4], "close close", "close peer-close");
            Play("close_linger_zero_after_refused_path", [SceneKind.Mptcp4], "close reset-sent", "unknown ECONNRESET reset-received");
        }
        finally
        {
            Run(hosts.Right, "ip mptcp endpoint flush");
        }
    }

    private static void Run(string netns, string command)
    {
        using Process process = TwoHosts.Start(netns, "sh", "-c", command);
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, process.StandardError.ReadToEnd());
    }
}
