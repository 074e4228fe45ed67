using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline;
using Xunit;

namespace TcpTracer.Tests.Formats.Pipeline;

public sealed class EventFilterTests
{
    private static bool Matches(Selection selection, TcpEvent? e = null)
    {
        TcpEvent one = e ?? SampleEvents.Seed;
        return new EventFilter(selection).Matches(in one);
    }

    [Theory]
    [InlineData("29610", true)]
    [InlineData("1,29610", true)]
    [InlineData("1", false)]
    [InlineData("!29610", false)]
    [InlineData("!1", true)]
    public void Pids(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Pid = list }));

    [Theory]
    [InlineData("wget", true)]
    [InlineData("w*", true)]
    [InlineData("curl,w?et", true)]
    [InlineData("w*,!wget", false)]
    [InlineData("WGET", false)]
    public void Comms(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Comm = list }));

    [Theory]
    [InlineData("443", true)]
    [InlineData("35108", true)]
    [InlineData("400-500", true)]
    [InlineData("!443", false)]
    [InlineData("80,!443", false)]
    [InlineData("80", false)]
    public void PortsAtEitherEnd(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Port = list }));

    [Theory]
    [InlineData("172.17.0.0/16", true)]
    [InlineData("23.57.4.240", true)]
    [InlineData("::ffff:23.57.4.240", true)]
    [InlineData("!172.17.0.0/16", false)]
    [InlineData("fd00::/8", false)]
    [InlineData("::ffff:0:0/96", true)]
    [InlineData("::ffff:23.0.0.0/104", true)]
    [InlineData("::ffff:10.0.0.0/104", false)]
    public void AddressesAtEitherEnd(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Addr = list }));

    [Theory]
    [InlineData("connect", true)]
    [InlineData("C,A", true)]
    [InlineData("!close", true)]
    [InlineData("close", false)]
    [InlineData("!C", false)]
    public void Operations(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Op = list }));

    [Fact]
    public void ConnectionsOlderThanTheRecorderAreHiddenUntilAskedFor()
    {
        TcpEvent existing = SampleEvents.Make(Operation.Existing);
        Assert.False(Matches(new Selection(), existing));
        Assert.True(Matches(new Selection { Existing = true }, existing));
        Assert.True(Matches(new Selection { Op = "existing" }, existing));
    }

    [Fact]
    public void FailedAndTheExpressionNarrowWhatTheListsLeave()
    {
        Assert.False(Matches(new Selection { Failed = true }));
        Assert.True(Matches(new Selection { Failed = true }, SampleEvents.Make(Operation.ConnectFailed)));
        Assert.True(Matches(new Selection { Comm = "wget", Filter = "dport == 443" }));
        Assert.False(Matches(new Selection { Comm = "wget", Filter = "dport == 80" }));
        Assert.False(Matches(new Selection { Comm = "curl", Filter = "dport == 443" }));
    }

    [Theory]
    [InlineData("010.0.0.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("10.0.1")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%lo")]
    [InlineData("::ffff:010.0.0.1")]
    [InlineData("::ffff:10.0.0.1/8")] // of IPv4, or of IPv6? neither is said
    [InlineData("10.0.0.0/33")]
    public void WhatTwoProgramsReadDifferentlyIsNoAddress(string text) => Assert.Contains("--addr", Assert.Throws<SelectionException>(() => Matches(new Selection { Addr = text })).Message);

    [Theory]
    [InlineData("connect", "close", true)]
    [InlineData("existing", "close", true)]
    public void ExistingAddsToOperations(string happened, string op, bool byExisting)
    {
        TcpEvent e = SampleEvents.Make(OperationNames.Parse(happened)!.Value);
        EventFilter? added = new EventFilter(new Selection { Op = op }).AddedByExisting();
        Assert.Equal(happened == "existing" && byExisting, added!.Matches(in e));
    }

    [Fact]
    public void ExistingAddsNothingThatOtherOptionsHide()
    {
        TcpEvent e = SampleEvents.Make(Operation.Existing);
        Assert.True(new EventFilter(new Selection { Comm = "wget" }).AddedByExisting()!.Matches(in e));
        Assert.False(new EventFilter(new Selection { Comm = "curl" }).AddedByExisting()!.Matches(in e));
        Assert.Null(new EventFilter(new Selection { Op = "!existing" }).AddedByExisting());
        Assert.Null(new EventFilter(new Selection { Existing = true }).AddedByExisting());
    }

    [Theory]
    [InlineData("x", "--pid 'x': a number from 0 to 4294967295 is expected")]
    [InlineData("!", "--pid")]
    public void WhatIsNoPidIsAnError(string list, string expected) => Assert.Contains(expected, Assert.Throws<SelectionException>(() => Matches(new Selection { Pid = list })).Message);
}
