using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats.Output;

/// <summary><c>-o short</c>, and the forms of times in it and in <c>wide</c>.</summary>
public sealed class ShortFormatTests
{
    private const long Ms = 1_000_000;

    private static TcpEvent Of(Operation operation, long afterMs = 0, string comm = "wget")
    {
        TcpEvent e = SampleEvents.Make(operation, comm);
        e.TimestampNs += afterMs * Ms;
        e.WallNs += afterMs * Ms;
        return e;
    }

    private static string[] Print(TextStyle style, params TcpEvent[] events) => Print("short", style, events);

    private static string[] Print(string format, TextStyle style, params TcpEvent[] events)
    {
        var to = new TextBuffer();
        EventFormat writer = EventFormat.Parse(format, null, false, null, style);
        foreach (TcpEvent e in events)
            writer.Write(to, in e);
        return Encoding.UTF8.GetString(to.Written).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string One(TcpEvent e) => Assert.Single(Print(new TextStyle(), e));

    [Fact]
    public void EveryOperationHasItsDetail()
    {
        const string head = "14:28:05.124956", ends = "172.17.0.3:35108 -> 23.57.4.240:443";
        Assert.Equal($"{head} C wget[29610] {ends} 1.50ms", One(Of(Operation.Connect)));
        Assert.Equal($"{head} A wget[29610] {ends.Replace("->", "<-", StringComparison.Ordinal)} 1.50ms", One(Of(Operation.Accept)));
        Assert.Equal($"{head} F wget[29610] {ends} ECONNREFUSED 1.50ms", One(Of(Operation.ConnectFailed) with { Error = 111 }));
        string either = ends.Replace("->", "--", StringComparison.Ordinal);
        Assert.Equal($"{head} X wget[29610] {either} 1.50ms sent 120B received 1.2kB peer-close",
            One(Of(Operation.Close) with { Sent = 120, Received = 1_250, Reason = Reason.PeerClose }));
        Assert.Equal($"{head} U wget[29610] {ends.Replace("->", "<-", StringComparison.Ordinal)} never accepted",
            One(Of(Operation.Unaccepted)));
        Assert.Equal($"{head} P wget[29610] {either} sent 5B received 0B", One(Of(Operation.Progress) with { Sent = 5 }));
    }

    [Theory]
    [InlineData(TimeStyle.Rfc3339, "2025-11-23T14:28:05.124956789Z 2025-11-23T14:28:05.224956789Z 2025-11-23T14:28:05.194956789Z")]
    [InlineData(TimeStyle.Utc, "14:28:05.124956 14:28:05.224956 14:28:05.194956")]
    [InlineData(TimeStyle.Local, "19:58:05.124956 19:58:05.224956 19:58:05.194956")]
    [InlineData(TimeStyle.Relative, "+0.000000 +0.100000 +0.070000")]
    [InlineData(TimeStyle.Delta, "+0.000000 +0.100000 -0.030000")]
    public void TimesHaveTheRequestedForm(TimeStyle time, string expected)
    {
        var style = new TextStyle { Time = time, Zone = TimeZoneInfo.CreateCustomTimeZone("x", TimeSpan.FromMinutes(330), "x", "x") };
        TcpEvent[] events = [Of(Operation.Connect), Of(Operation.Connect, 100), Of(Operation.Connect, 70)];
        foreach (string format in new[] { "short", "wide" })
        {
            Assert.Equal(expected, string.Join(' ', Print(format, style, events).Select(l => l.Split(' ')[0])));
            Assert.Equal(time is TimeStyle.Relative or TimeStyle.Delta, EventFormat.Parse(format, null, false, null, style).IsInOrder);
        }
    }

    [Fact]
    public void FailuresAreRedAndResetsAreYellow()
    {
        var style = new TextStyle { Color = true };
        Assert.Matches("^\u001b\\[31m14:.*\u001b\\[0m$", Assert.Single(Print(style, Of(Operation.ConnectFailed))));
        Assert.Matches("^\u001b\\[33m14:.*\u001b\\[0m$", Assert.Single(Print(style, Of(Operation.Unknown))));
        Assert.Matches("^\u001b\\[33m14:.*\u001b\\[0m$",
            Assert.Single(Print(style, Of(Operation.Close) with { Reason = Reason.ResetSent })));
        Assert.DoesNotContain('\u001b', Assert.Single(Print(style, Of(Operation.Close) with { Reason = Reason.Close })));
        Assert.DoesNotContain('\u001b', One(Of(Operation.ConnectFailed)));
    }

    [Fact]
    public void LineFitsTheTerminal()
    {
        TcpEvent failed = Of(Operation.ConnectFailed) with { Error = 110, Dport = 80 };
        string all = One(failed);
        Each.Of(Enumerable.Range(1, all.Length), width => Assert.InRange(LineWidth.Of(Short(failed, width)), 1, width));
        Assert.Equal(all, Short(failed, all.Length));
        // Each of these characters takes two columns
        string wide = "14:28:05.124956 C \u65e5\u672c\u8a9e[29610] ";
        Assert.StartsWith(wide, One(Of(Operation.Connect, comm: "\u65e5\u672c\u8a9e")), StringComparison.Ordinal);
        Each.Of(new[] { 23, 24 }, width => Assert.Equal(wide[..20] + "\u2026",
            Assert.Single(Print(new TextStyle { Width = width }, Of(Operation.Connect, comm: "\u65e5\u672c\u8a9e")))));
    }

    private static string Short(TcpEvent e, int width) => Assert.Single(Print(new TextStyle { Width = width }, e));

    /// <summary>The ports, the outcome and how long it took stay while there is room; names give way, then bytes.</summary>
    [Fact]
    public void WhatHappenedIsSeenOnANarrowTerminal()
    {
        TcpEvent failed = Named(Of(Operation.ConnectFailed) with { Error = 110 }), ended = Named(Of(Operation.Close) with
        {
            Sent = 216_000,
            Received = 1_250,
            Reason = Reason.PeerClose,
        });
        Assert.Matches(@"^14:28:05.124956 F wget\[29610\] sho.*9k:35108 -> svc/s.*s:443 ETIMEDOUT 1.50ms$", Short(failed, 80));
        Each.Of(Enumerable.Range(66, 60), width =>
        {
            Assert.Matches(":35108 -> .*:443 ETIMEDOUT 1.50ms$", Short(failed, width));
            Assert.Matches(":35108 -> .*:443 1.50ms( sent 216kB received 1.2kB)? peer-close$", Short(ended, width));
        });
        Assert.DoesNotContain("sent", Short(ended, 80));
        Assert.Contains("sent", Short(ended, 120));
    }

    private static TcpEvent Named(TcpEvent e)
    {
        e.NameBy(new WorkloadView(new SafeText("n")).With(new WorkloadChange(0)
        {
            Pods = [new PodInfo("p", "shop", "web-7d4b9c6f8d-x2x9k") { Claims = [new AddressClaim(e.Saddr, 0)] }],
            Services = [new ServiceInfo("s", "shop", "a-service-of-reviews", [new AddressClaim(e.Daddr, 0)])],
        }));
        return e;
    }

    /// <summary>A connection has one direction, at both ends and in all events: an event that does not know it has no arrow.</summary>
    [Fact]
    public void TheArrowGoesFromWhoCalledOrThereIsNone()
    {
        TcpEvent called = Of(Operation.Unknown) with { Attribution = Attribution.Listener };
        Assert.Contains(":35108 <- 23.", One(called));
        Each.Of(new[] { Operation.Close, Operation.Unknown, Operation.Existing, Operation.Progress },
            o => Assert.Contains(":35108 -- 23.", One(Of(o) with { Attribution = Attribution.Stored })));
    }

    [Fact]
    public void ControlCharactersAreEscaped()
    {
        TcpEvent[] events = RandomTraffic.Events(5, 2_000);
        for (int i = 0; i < events.Length; i++)
            events[i].NameBy(new WorkloadView(new SafeText("n")));
        Each.Of(Print(new TextStyle { Width = 60 }, events), line => Assert.True(!line.Any(char.IsControl) && line.Length <= 60, line));
        Assert.Equal(events.Length, Print(new TextStyle(), events).Length);
    }
}
