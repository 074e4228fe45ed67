using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>The end of a connection: one event, with its owner, who closed it, why, how long it lived, and every byte counted once.</summary>
public sealed class CloseTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);

    private void Play(string scenario, SceneKind[] kinds, string client, string server, Action<Seen, SeenEvent, SeenEvent>? check = null) => _stage.Play(scenario, kinds, seen =>
    {
        SeenEvent clientEnd = seen.Tells("client", "connect", client)[1];
        SeenEvent serverEnd = seen.Tells("server", "accept", server)[1];
        check?.Invoke(seen, clientEnd, serverEnd);
    });

    [KernelFact]
    public void WhoClosesFirstCloses() => Play("close_client_first", SceneKind.All, "close close", "close peer-close");

    [KernelFact]
    public void WhoClosesSecondSaysThatThePeerDid() => Play("close_server_first", SceneKind.All, "close peer-close", "close close");

    [KernelFact]
    public void ShutdownAndCloseAreOneEvent() => Play("close_after_shutdown", SceneKind.All, "close close", "close peer-close");

    [KernelFact]
    public void DataAfterAHalfCloseCounts() => Play("close_half_then_data", SceneKind.All, "close close", "close peer-close",
        (_, client, server) => Assert.Equal((1_000_005, 1_000_005), (client.Number("received_bytes"), server.Number("sent_bytes"))));

    [KernelFact]
    public void UnreadDataAfterAHalfCloseIsAReset() => Play("close_half_then_unread", SceneKind.All, "close reset-sent", "unknown EPIPE reset-received");

    [KernelFact]
    public void UnreadDataIsAReset() => Play("close_unread", SceneKind.All, "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void LingerZeroIsAReset() => Play("close_linger_zero", SceneKind.All, "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void AResetAfterThePeersHalfCloseIsOne() => Play("close_reset_after_half", SceneKind.All, "unknown EPIPE reset-received", "close reset-sent");

    [KernelFact]
    public void TheLastOfSeveralHoldersCloses() => _stage.Play("close_by_last_holder", SceneKind.All, seen =>
    {
        seen.Tells("client", new Unlike { Actor = seen.Facts("holder") }, "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void TheExitOfTheLastHolderCloses() => _stage.Play("close_by_exit_of_last_holder", SceneKind.All, seen =>
    {
        seen.Tells("client", new Unlike { Actor = seen.Facts("holder") }, "connect", "close exit");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void AnExitWithoutACloseIsOne() => Play("close_by_exit", SceneKind.All, "close exit", "close peer-close");

    [KernelFact]
    public void AKilledProcessCloses() => Play("close_by_sigkill", SceneKind.All, "close exit", "close peer-close");

    [KernelFact]
    public void RetransmissionsThatGoUnansweredTimeOut() => Play("close_by_retransmission_timeout", [.. SceneKind.Plain, SceneKind.MptcpListener], "unknown ETIMEDOUT timed-out", "close reset-sent",
        (_, client, _) => Assert.True(client.Number("retransmits") > 0));

    [KernelFact]
    public void AKeepAliveThatGoesUnansweredTimesOut() => Play("close_by_keepalive", [SceneKind.V4, SceneKind.V6, SceneKind.Mapped, SceneKind.MptcpListener], "unknown ETIMEDOUT timed-out", "close reset-sent");

    [KernelFact]
    public void DataSentAgainCountsOnceAndItsRetransmissionsAreCounted() => Play("close_after_retransmissions", [.. SceneKind.Plain, SceneKind.MptcpListener], "close close", "close peer-close", (seen, client, server) =>
    {
        Assert.Equal(seen.Facts("client").Number("retransmits"), client.Number("retransmits"));
        Assert.True(client.Number("retransmits") > 0);
        Assert.Equal((50_003, 50_003), (client.Number("sent_bytes"), server.Number("received_bytes")));
        Assert.InRange(client.Number("srtt_us"), seen.Facts("client").Number("rtt") / 2, seen.Facts("client").Number("rtt") * 2);
    });

    [KernelFact]
    public void AnAdministratorsKillIsNobodysClose() => Play("close_by_administrator", [.. SceneKind.Plain, SceneKind.MptcpListener], "unknown ECONNABORTED killed", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void AResetThatComesAfterTheCloseStillEndsIt() => Play("close_then_reset", SceneKind.All, "unknown ECONNRESET reset-received", "close reset-sent");
}
