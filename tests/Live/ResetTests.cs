using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// Which side sent a reset after our program had closed or shut down the connection. The error of its socket is the same in both cases.
/// </summary>
public sealed class ResetTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);

    private void Play(string scenario, string client, string server) => _stage.Play(scenario, SceneKind.Plain, seen =>
    {
        seen.Tells("client", "connect", client);
        seen.Tells("server", "accept", server);
    });

    [KernelFact]
    public void DataAfterACloseIsAnsweredWithAReset() =>
        Play("reset_by_data_after_close", "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void DataAfterAShutdownOfBothDirectionsIsToo() =>
        Play("reset_by_data_after_shutdown", "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void AResetThatComesAfterACloseWasReceived() =>
        Play("reset_received_after_close", "close ECONNRESET reset-received", "close reset-sent");

    [KernelFact]
    public void AResetThatComesAfterAShutdownOfBothDirectionsWasToo() =>
        Play("reset_received_after_shutdown", "close ECONNRESET reset-received", "close reset-sent");

    [KernelFact]
    public void WhoDoesNotWaitForThePeersFinResets() => Play("reset_without_lingering", "close reset-sent", "unknown EPIPE reset-received");

    [KernelFact]
    public void AFinThatWasNeverSentIsAReset() =>
        Play("reset_when_both_have_finished", "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void WhoDoesNotWaitResetsAlsoWhereItsFinWasAcknowledgedBefore() =>
        Play("reset_without_lingering_after_half", "close reset-sent", "unknown EPIPE reset-received");

    [KernelFact]
    public void WhereNothingTellsWhoSentTheResetNobodyIsNamed() =>
        Play("reset_between_data", "close ECONNRESET reset", "unknown ECONNRESET reset-received");
}
