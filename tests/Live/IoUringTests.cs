using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>Connections made over io_uring, whose connect() and accept() are not system calls.</summary>
public sealed class IoUringTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private readonly Stage _stage = new(hosts);
    private static readonly SceneKind[] s_kinds = [SceneKind.V4, SceneKind.V6, SceneKind.Loopback4, SceneKind.MptcpListener, SceneKind.Mptcp4];

    private void Play(string scenario, Unlike client, Unlike server) => _stage.Play(scenario, s_kinds, seen =>
    {
        seen.Tells("client", client, "connect", "close close");
        seen.Tells("server", server, "accept", "close peer-close");
    });

    private static readonly Unlike s_submitted = new() { NoFd = true }, s_worker = new() { NoFd = true, AnyTid = true };

    [KernelFact]
    public void AConnectIsTheSubmitters() => Play("uring_connect", s_submitted, new Unlike());

    [KernelFact]
    public void AConnectByAKernelWorkerIsItsProcesss() => Play("uring_connect_async", s_worker, new Unlike());

    [KernelFact]
    public void AnAcceptIsTheSubmitters() => Play("uring_accept", new Unlike(), new Unlike());

    [KernelFact]
    public void AnAcceptByAKernelWorkerIsItsProcesss() => Play("uring_accept_async", new Unlike(), new Unlike { AnyTid = true });

    [KernelFact]
    public void ADeferredAcceptIsTheSubmitters() => Play("uring_accept_deferred", new Unlike(), new Unlike());

    [KernelFact]
    public void AnAcceptWithoutADescriptorIsToldWhenItCloses() => _stage.Play("uring_accept_direct", [SceneKind.V4, SceneKind.V6, SceneKind.Loopback4], seen =>
    {
        seen.Tells("client", "connect", "close close");
        SocketFacts server = seen.Facts("server").Facing(seen.Facts("client")).With("sent", "5").With("received", "3"); // it has no socket to ask
        seen.Tells(server, new Unlike { NoFd = true, Late = true }, "accept", "close peer-close");
    });

    [KernelFact]
    public void EachShotOfAMultishotAcceptIsAnAccept() => _stage.Play("uring_accept_multishot", s_kinds, seen =>
    {
        foreach (SocketFacts facts in seen.Scene.Facts)
        {
            if (facts.Who == "client")
                seen.Tells(facts, new Unlike(), "connect", "close close");
            else
                seen.Tells(facts, new Unlike(), "accept", "close peer-close");
        }
    });

    [KernelFact]
    public void ACloseByTheRingIsAClose() => Play("uring_close", new Unlike(), new Unlike());

    [KernelFact]
    public void ARefusedConnectIsAFailure() => _stage.Play("uring_connect_refused", s_kinds, seen => seen.Tells("client", s_submitted, "connect-failed ECONNREFUSED"));

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
}
