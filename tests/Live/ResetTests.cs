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
    public void DataAfterACloseGetsAReset() =>
        Play("reset_by_data_after_close", "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void DataAfterAFullShutdownGetsAReset() =>
        Play("reset_by_data_after_shutdown", "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void ResetAfterACloseIsReceived() =>
        Play("reset_received_after_close", "close ECONNRESET reset-received", "close reset-sent");

    [KernelFact]
    public void ResetAfterAFullShutdownIsReceived() =>
        Play("reset_received_after_shutdown", "close ECONNRESET reset-received", "close reset-sent");

    [KernelFact]
    public void CloseThatDoesNotWaitForTheFinOfThePeerIsAReset() =>
        Play("reset_without_lingering", "close reset-sent", "unknown EPIPE reset-received");

    [KernelFact]
    public void CloseWithAnUnsentFinIsAReset() =>
        Play("reset_when_both_have_finished", "close reset-sent", "unknown ECONNRESET reset-received");

    [KernelFact]
    public void CloseThatDoesNotWaitIsAResetEvenAfterItsFinWasAcknowledged() =>
        Play("reset_without_lingering_after_half", "close reset-sent", "unknown EPIPE reset-received");

    [KernelFact]
    public void ResetOfUnknownSenderHasNoActor() =>
        Play("reset_between_data", "close ECONNRESET reset", "unknown ECONNRESET reset-received");
}
