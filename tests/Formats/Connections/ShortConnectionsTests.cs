using TcpTracer.Formats.Events;
using Xunit;
using static TcpTracer.Tests.Formats.Connections.Gathered;

namespace TcpTracer.Tests.Formats.Connections;

/// <summary><c>-o short --connections</c>: who called whom, and how it went.</summary>
public sealed class ShortConnectionsTests
{
    private const long Ms = 1_000_000;

    private static string Print(params TcpEvent[] events)
    {
        string line = Assert.Single(From(events).Print("short"));
        Assert.StartsWith("14:28:05.123456 ", line, StringComparison.Ordinal);
        return System.Text.RegularExpressions.Regex.Replace(line[16..], @"\[\d+\]", "");
    }

    private static TcpEvent Counted(TcpEvent e) => e with { Sent = 120, Received = 3_400 };

    private static TcpEvent Called(TcpEvent e) =>
        e with { Saddr = e.Daddr, Daddr = e.Saddr, Sport = e.Dport, Dport = e.Sport };

    [Fact]
    public void ItHasTheLatencyTheDurationAndTheBytes() =>
        Assert.Equal("wget 172.17.0.3:35108 -> 23.57.4.240:443 closed latency 2.00ms duration 5.00ms sent 120B received 3.4kB",
            Print(Of(Operation.Connect, 0, 2 * Ms), Counted(Of(Operation.Close, 0, 5 * Ms, reason: Reason.Close))));

    [Fact]
    public void TheCallerIsOnTheLeftAlsoWhereOnlyTheCalledEndWasSeen() =>
        Assert.Equal("172.17.0.3:35108 -> nginx 23.57.4.240:443 closed latency 1.00ms duration 4.00ms sent 3.4kB received 120B",
            Print(Of(Operation.Accept, 0, Ms, comm: "nginx"),
                Called(Counted(Of(Operation.Close, 0, 4 * Ms, reason: Reason.Close, comm: "nginx")))));

    [Fact]
    public void BothOwnersStandThereAndWhoSentTheReset() => Assert.Equal(
        "wget 172.17.0.3:35108 -> nginx 23.57.4.240:443 reset by 23.57.4.240:443 latency 2.00ms duration 5.00ms sent 120B received 3.4kB",
        Print(Of(Operation.Connect, 0, 2 * Ms, flow: 7), Of(Operation.Accept, 1, Ms, flow: 7, comm: "nginx"),
            Of(Operation.Close, 1, 4 * Ms, flow: 7, Reason.ResetSent, comm: "nginx"),
            Counted(Of(Operation.Unknown, 0, 5 * Ms, flow: 7, Reason.ResetReceived))));

    [Theory]
    [InlineData(Operation.Unknown, Reason.TimedOut, "timed-out")]
    [InlineData(Operation.Unknown, Reason.Reset, "reset")]
    [InlineData(Operation.Close, Reason.ResetSent, "reset by 172.17.0.3:35108")]
    [InlineData(Operation.Unknown, Reason.ResetReceived, "reset by 23.57.4.240:443")]
    [InlineData(Operation.Progress, Reason.None, "open")]
    public void TheOutcomeIsThatOfTheLastEvent(Operation operation, Reason reason, string outcome) => Assert.StartsWith(
        $"wget 172.17.0.3:35108 -> 23.57.4.240:443 {outcome} latency ",
        Print(Of(Operation.Connect, 0, Ms), Of(operation, 0, 2 * Ms, reason: reason)), StringComparison.Ordinal);

    [Fact]
    public void WhatFailedHasItsError()
    {
        Assert.Equal("wget 172.17.0.3:35108 -> 23.57.4.240:443 failed ECONNREFUSED latency 1.00ms",
            Print(Of(Operation.ConnectFailed, 0, Ms) with { Error = 111 }));
        Assert.StartsWith("wget 172.17.0.3:35108 -> 23.57.4.240:443 failed",
            Print(Of(Operation.ConnectFailed, 0, Ms)), StringComparison.Ordinal);
    }
}
