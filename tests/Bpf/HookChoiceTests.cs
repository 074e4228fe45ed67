using TcpTracer.Bpf;
using Xunit;

namespace TcpTracer.Tests.Bpf;

/// <summary>Which programs are loaded: of each that has a twin for kernels before 5.12, one and only one.</summary>
public sealed class HookChoiceTests
{
    [Theory]
    [InlineData("state_change")]
    [InlineData("socket_destroyed")]
    [InlineData("accept_exit")]
    [InlineData("accept4_exit")]
    [InlineData("connect_exit")]
    [InlineData("open_sockets")]
    [InlineData("unseen")]
    public void OneOfTheTwins(string program)
    {
        var choice = new HookChoice(IoUringArity: 4, HasCallTracepoints: true, CanWalkMaps: true, CanCallPrograms: true, FollowsChildren: true);
        Assert.Equal((true, false), (choice.Wants(program, legacy: false), choice.Wants(program + "_legacy", legacy: false)));
        Assert.Equal((false, true), (choice.Wants(program, legacy: true), choice.Wants(program + "_legacy", legacy: true)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WhatCannotBeDoneIsNotLoaded(bool legacy)
    {
        var choice = new HookChoice(IoUringArity: 4, HasCallTracepoints: false, CanWalkMaps: false, CanCallPrograms: true, FollowsChildren: false);
        string[] programs = ["unseen", "unseen_legacy", "accept_exit", "accept_exit_legacy", "process_forked", "process_forked_second", "process_freed", "io_uring_complete_3"];
        Assert.DoesNotContain(programs, p => choice.Wants(p, legacy));
        Assert.True(choice.Wants(legacy ? "call_exit_legacy" : "call_exit", legacy));
    }
}
