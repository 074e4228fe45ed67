using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats.Filter;

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
    public void PidOptionSelectsByProcess(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Pid = list }));

    [Theory]
    [InlineData("wget", true)]
    [InlineData("w*", true)]
    [InlineData("curl,w?et", true)]
    [InlineData("w*,!wget", false)]
    [InlineData("WGET", false)]
    public void CommOptionSelectsByCommandName(string list, bool expected) =>
        Assert.Equal(expected, Matches(new Selection { Comm = list }));

    [Theory]
    [InlineData("443", true)]
    [InlineData("35108", true)]
    [InlineData("400-500", true)]
    [InlineData("!443", false)]
    [InlineData("80,!443", false)]
    [InlineData("80", false)]
    public void PortOptionMatchesEitherEnd(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Port = list }));

    [Theory]
    [InlineData("172.17.0.0/16", true)]
    [InlineData("23.57.4.240", true)]
    [InlineData("::ffff:23.57.4.240", true)]
    [InlineData("!172.17.0.0/16", false)]
    [InlineData("fd00::/8", false)]
    [InlineData("::ffff:0:0/96", true)]
    [InlineData("::ffff:23.0.0.0/104", true)]
    [InlineData("::ffff:10.0.0.0/104", false)]
    public void AddrOptionMatchesEitherEnd(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Addr = list }));

    [Theory]
    [InlineData("connect", true)]
    [InlineData("C,A", true)]
    [InlineData("!close", true)]
    [InlineData("close", false)]
    [InlineData("!C", false)]
    public void OpOptionSelectsByOperation(string list, bool expected) => Assert.Equal(expected, Matches(new Selection { Op = list }));

    [Fact]
    public void OlderConnectionsAreHiddenByDefault()
    {
        TcpEvent existing = SampleEvents.Make(Operation.Existing);
        Assert.False(Matches(new Selection(), existing));
        Assert.True(Matches(new Selection { Existing = true }, existing));
        Assert.True(Matches(new Selection { Op = "existing" }, existing));
    }

    [Fact]
    public void ProgressIsHiddenByDefault()
    {
        TcpEvent progress = SampleEvents.Make(Operation.Progress);
        Assert.False(Matches(new Selection(), progress));
        Assert.False(Matches(new Selection { Existing = true }, progress));
        Assert.False(Matches(new Selection { Op = "!connect" }, progress));
        Assert.True(Matches(new Selection { Op = "progress" }, progress));
        Assert.True(Matches(new Selection { Op = "P,connect" }, progress));
        Assert.True(Matches(new Selection { Progress = true }, progress));
        Assert.False(Matches(new Selection { Progress = true }, SampleEvents.Make(Operation.Existing)));
        Assert.True(Matches(new Selection(), SampleEvents.Make(Operation.Unaccepted)));
    }

    [Theory]
    [InlineData("op == progress", Operation.Progress, true)]
    [InlineData("t == P and dport == 443", Operation.Progress, true)]
    [InlineData("op in (connect, P)", Operation.Progress, true)]
    [InlineData("op == existing", Operation.Existing, true)]
    [InlineData("op == existing", Operation.Progress, false)]
    [InlineData("op != connect", Operation.Progress, false)]
    [InlineData("op != progress", Operation.Progress, false)]
    [InlineData("not op == connect", Operation.Existing, false)]
    [InlineData("t =~ [EP]", Operation.Existing, false)]
    public void EventsNamedByAnExpressionAreNotHidden(string expression, Operation operation, bool expected) =>
        Assert.Equal(expected, Matches(new Selection { Filter = expression }, SampleEvents.Make(operation)));

    [Fact]
    public void OpOptionExcludesEventsNamedByAnExpression()
    {
        Assert.False(Matches(new Selection { Filter = "op == progress", Op = "connect" }, SampleEvents.Make(Operation.Progress)));
        Assert.False(Matches(new Selection { Filter = "op == progress", Op = "!progress" }, SampleEvents.Make(Operation.Progress)));
    }

    [Theory]
    [InlineData(Operation.Unknown)]
    [InlineData(Operation.Unaccepted)]
    public void LetterSelectsAllItsOperations(Operation operation)
    {
        TcpEvent e = SampleEvents.Make(operation);
        Assert.True(Matches(new Selection { Op = "U" }, e));
        Assert.False(Matches(new Selection { Op = "!U" }, e));
        Assert.Equal(operation == Operation.Unaccepted, Matches(new Selection { Op = "unaccepted" }, e));
        Assert.Equal(operation == Operation.Unknown, Matches(new Selection { Op = "U,!unaccepted" }, e));
        Each.Of(["op == U", "t == U", "op in (C, U)", "t in (U)", "not op != U"],
            expression => Assert.True(Matches(new Selection { Filter = expression }, e), expression));
        Assert.False(Matches(new Selection { Filter = "op != U" }, e));
        Assert.Equal(operation == Operation.Unaccepted, Matches(new Selection { Filter = "op == unaccepted" }, e));
    }

    [Fact]
    public void FailedAndExpressionNarrowTheSelectionOfTheLists()
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
    [InlineData("::ffff:10.0.0.1/8")] // it is not clear whether this means IPv4 or IPv6
    [InlineData("10.0.0.0/33")]
    public void AmbiguousAddressIsRefused(string text) =>
        Assert.Contains("--addr", Assert.Throws<SelectionException>(() => Matches(new Selection { Addr = text })).Message);

    [Theory]
    [InlineData("connect", "close", true)]
    [InlineData("existing", "close", true)]
    public void ExistingAddsToOperations(string happened, string op, bool byExisting)
    {
        TcpEvent e = SampleEvents.Make(Assert.Single(OperationNames.Parse(happened)));
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
    public void InvalidPidIsAnError(string list, string expected) =>
        Assert.Contains(expected, Assert.Throws<SelectionException>(() => Matches(new Selection { Pid = list })).Message);
}
