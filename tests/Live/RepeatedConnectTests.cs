using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// One socket calls connect() again and again, each time from another port. And: a descriptor belongs to another socket by the time the
/// call returns. Each attempt is reported once, with its own outcome.
/// </summary>
public sealed class RepeatedConnectTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);

    [KernelFact]
    public void TwentyRefusedAttemptsAreTwentyFailures() => _stage.Play("again_refused_then_ok",
        [.. SceneKind.Plain, SceneKind.MptcpListener], seen =>
    {
        SeenEvent[] refused =
            [.. Enumerable.Range(1, 20).Select(i => Assert.Single(seen.Tells($"refused{i}", "connect-failed ECONNREFUSED")))];
        Assert.Equal(20, refused.Select(e => e.Text("conn")).Distinct().Count());
        seen.Tells("client", "connect", "close close");
        seen.Tells("server", "accept", "close peer-close");
    });

    [KernelFact]
    public void NextAttemptIsANewConnectionAfterEveryKindOfFailure() => _stage.Play("again_in_every_way", SceneKind.Plain, seen =>
    {
        seen.PassOverFiller();
        seen.Tells("refused", "connect-failed ECONNREFUSED");
        seen.Tells("timed-out", "connect-failed ETIMEDOUT");
        seen.Tells("nonblocking", "connect-failed ECONNREFUSED");
        seen.Tells("disconnected", "connect-failed aborted");
        SocketFacts unreachable = seen.Facts("unreachable").With("sport", "0"); // getsockname() still has the port of the earlier attempt
        SeenEvent noSyn = Assert.Single(seen.Tells(unreachable, new Unlike(), "connect-failed ENETUNREACH"));
        Assert.Equal(0, noSyn.Number("sport"));
        seen.Tells("closed", "connect-failed aborted");
    });

    [KernelFact]
    public void ConnectToPortZeroIsReported() => _stage.Play("again_to_port_zero", SceneKind.Plain, seen =>
    {
        seen.Tells("first", "connect-failed ECONNREFUSED");
        seen.Tells("second", "connect-failed ECONNREFUSED");
    });

    [KernelFact]
    public void SocketThatReusesADescriptorIsNotTheFailedOne()
    {
        foreach (string another in new[] { "fresh", "listening" })
        {
            _stage.Play("again_descriptor_of_connect_reused", SceneKind.Plain, seen =>
            {
                seen.PassOverFiller();
                seen.Tells("client", "connect-failed ECONNREFUSED");
            }, another);
        }
    }

    [KernelFact]
    public void ListenerThatReusesADescriptorIsNotTheAccepter() => _stage.Play("again_descriptor_of_accept_reused",
        [.. SceneKind.Plain, SceneKind.MptcpListener], seen =>
    {
        seen.Tells("client", "connect", "close close");
        SeenEvent accept = seen.Tells("worker", "accept", "close peer-close")[0];
        Assert.False(accept.Has("listener_pid"), "the worker's own listener did not accept it");
    });
}
