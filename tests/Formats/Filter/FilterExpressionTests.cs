using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Strings;
using Xunit;

namespace TcpTracer.Tests.Formats.Filter;

public sealed class FilterExpressionTests
{
    private static bool Matches(string expression, TcpEvent e) =>
        FilterExpression.Compile(expression, userNumber: name => name == "tester" ? 1000u : null)(in e);

    [Theory]
    [InlineData("dport == 443", true)]
    [InlineData("DPORT==443", true)]
    [InlineData("dport != 443", false)]
    [InlineData("dport > 442 and dport < 444", true)]
    [InlineData("dport >= 443 && dport <= 443", true)]
    [InlineData("dport > 443", false)]
    [InlineData("dport in (80, 443)", true)]
    [InlineData("dport in (80)", false)]
    [InlineData("comm == wget", true)]
    [InlineData("comm == 'wget'", true)]
    [InlineData("comm == \"curl\" or pid == 29610", true)]
    [InlineData("comm == wge", false)]
    [InlineData("comm =~ ^w.*t$", true)]
    [InlineData("comm =~ ge", true)]
    [InlineData("comm !~ '^(curl|wget)$'", false)]
    [InlineData("not comm == wget", false)]
    [InlineData("!comm == curl", true)]
    [InlineData("!(comm == wget) || !!(dport == 443)", true)]
    [InlineData("comm == curl or comm == wget and dport == 80", false)] // "and" binds more tightly than "or"
    [InlineData("(comm == wget or comm == curl) and dport == 443", true)]
    [InlineData("ipversion == 4 and ip == 4", true)]
    [InlineData("saddr == 172.17.0.3", true)]
    [InlineData("saddr == ::ffff:172.17.0.3", true)]
    [InlineData("saddr in (10.0.0.1, 172.17.0.3)", true)]
    [InlineData("cidr(saddr, 172.16.0.0/12)", true)]
    [InlineData("cidr(daddr, 10.0.0.0/8, 192.168.0.0/16, fd00::/8)", false)]
    [InlineData("saddr =~ ^172\\.17", true)]
    [InlineData("operation == connect and t == C", true)]
    [InlineData("namespace == '<>'", true)]
    [InlineData("latency_ns > 1ms and latency_ns < 1.6ms", true)]
    [InlineData("latency_ns == 1500us", true)]
    [InlineData("timestamp >= 2025-11-23T14:28:05Z and timestamp < 2025-11-23T14:28:06Z", true)]
    [InlineData("timestamp < 2025-11-23T15:28:05+01:00", false)]
    [InlineData("latency_ns", true)]
    [InlineData("error", false)]
    [InlineData("error == ECONNREFUSED", false)]
    [InlineData("error != ECONNREFUSED", true)] // a field that does not apply equals nothing
    [InlineData("error =~ .", false)]
    [InlineData("error !~ .", true)]
    [InlineData("sent_bytes < 1K", false)]
    [InlineData("not sent_bytes < 1K", true)]
    [InlineData("port == 443", true)]
    [InlineData("port == 35108", true)]
    [InlineData("port == 80", false)]
    [InlineData("port != 443", false)] // either end, like --port '!443'
    [InlineData("port in (1, 443)", true)]
    [InlineData("port", true)]
    [InlineData("addr == 23.57.4.240 and addr == 172.17.0.3", true)]
    [InlineData("cidr(addr, 23.0.0.0/8)", true)]
    [InlineData("cidr(addr, 10.0.0.0/8)", false)]
    [InlineData("cidr(addr, ::ffff:0:0/96)", true)]
    [InlineData("op == C and op in (connect, X)", true)]
    [InlineData("op == close", false)]
    [InlineData("failed", false)]
    [InlineData("not failed", true)]
    [InlineData("latency > 1e6", true)]
    [InlineData("latency < 1d and not duration", true)]
    [InlineData("latency_ns == 1.5e3us", true)]
    [InlineData("timestamp == 2025-11-23T14:28:05.124956789Z", true)] // as it is printed
    [InlineData("timestamp == 2025-11-23T15:28:05.124956789+01:00", true)]
    [InlineData("timestamp == 2025-11-23T14:28:05.124956788Z", false)]
    [InlineData("uid == tester", true)]
    public void ExpressionMatchesEvents(string expression, bool expected) =>
        Assert.Equal(expected, Matches(expression, SampleEvents.Seed));

    [Fact]
    public void SizesHaveUnits()
    {
        TcpEvent e = SampleEvents.Make(Operation.Close);
        e.Sent = 65_536;
        Assert.True(Matches("sent_bytes == 64K", e));
        Assert.True(Matches("sent_bytes == 64k", e));
        Assert.True(Matches("sent_bytes == 65.536e3", e));
        Assert.True(Matches("sent_bytes < 1M", e));
    }

    [Fact]
    public void TextIsComparedInItsShownForm() =>
        Assert.True(Matches(@"comm == 'a\x1bb'", SampleEvents.Make(Operation.Connect, "a\u001bb")));

    [Theory]
    [InlineData("dprt == 1", "'dprt' at character 1 is not a field; did you mean 'dport'?")]
    [InlineData("pid == 1 and cmm == x", "'cmm' at character 14 is not a field; did you mean 'comm'?")]
    [InlineData("dport = 443", "at character 7 an operator is expected, not '='; did you mean '=='?")]
    [InlineData("dport => 443", "not '=>'; did you mean '>='?")]
    [InlineData("dport ~ 443", "not '~'; did you mean '=~'?")]
    [InlineData("dport == 443 nad pid == 1", "at character 14 'and', 'or' or the end is expected, not 'nad'; did you mean 'and'?")]
    [InlineData("dport eq 443", "at character 7 an operator")]
    [InlineData("dport ==", "at character 9 a value is expected, not the end")]
    [InlineData("", "at character 1 a field is expected, not the end")]
    [InlineData("(pid == 1", "at character 10 ')' is expected, not the end")]
    [InlineData("pid == 1)", "at character 9 'and', 'or' or the end is expected, not ')'")]
    [InlineData("pid in 1", "at character 8 '(' and a list of values is expected, not '1'")]
    [InlineData("pid in (1", "at character 10 ',' or ')' is expected, not the end")]
    [InlineData("pid == abc", "at character 8 a number is expected, not 'abc'")]
    [InlineData("pid == -1", "at character 8 a number is expected")]
    [InlineData("latency_ns > 5x", "a time such as 250ms is expected, not '5x'")]
    [InlineData("sent_bytes > 5x", "a size such as 64K is expected, not '5x'")]
    [InlineData("timestamp > noon", "a time such as 2026-11-23T14:28:05Z is expected, not 'noon'")]
    [InlineData("comm > x", "'>' at character 6 needs a number or a time, which comm is not")]
    [InlineData("comm == 'x", "the quote at character 9 is not closed")]
    [InlineData("comm =~ '('", "'(' at character 9 is not a regular expression")]
    [InlineData("operation == conect", "at character 14 a value of operation is expected, not 'conect'; did you mean 'connect'?")]
    [InlineData("error == ECONREFUSED", "did you mean 'ECONNREFUSED'?")]
    [InlineData("daddr == 10.0.0.0/8", "for a block: cidr(daddr, 10.0.0.0/8)")]
    [InlineData("cidr(daddr, 10.0.0/8)", "an address or a block such as 10.0.0.0/8 is expected, not '10.0.0/8'")]
    [InlineData("cidr(comm, 10.0.0.0/8)", "cidr() at character 6 takes an address, saddr, daddr or addr, not 'comm'")]
    [InlineData("err", "'err' at character 1 is not a field; did you mean 'error'?")]
    [InlineData("uid == nobody-here", "a number or a user of this machine is expected")]
    [InlineData("saddr == 010.0.0.1", "an address or a block such as 10.0.0.0/8 is expected, not '010.0.0.1'")]
    [InlineData("timestamp == 2025-11-23T14:28:05.1234567891Z", "a time such as")]
    [InlineData("cidr(daddr)", "at character 11 ',' and an address block is expected, not ')'")]
    public void SyntaxErrorNamesItsPosition(string expression, string expected) =>
        Assert.Contains(expected, Assert.Throws<SelectionException>(() => FilterExpression.Compile(expression)).Message);

    [Fact]
    public void NestingIsLimited() =>
        Assert.Contains("nested more than",
            Assert.Throws<SelectionException>(() => FilterExpression.Compile(new string('(', 100_000) + "pid")).Message);
}
