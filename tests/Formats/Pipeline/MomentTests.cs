using TcpTracer.Formats.Pipeline;
using Xunit;

namespace TcpTracer.Tests.Formats.Pipeline;

/// <summary>--since and --until: one moment each, whatever they name.</summary>
public sealed class MomentTests
{
    private static readonly DateTimeOffset s_now = Of("2026-11-28T03:00:00Z");

    private static DateTimeOffset Of(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static long Ns(string text) => (Of(text) - DateTimeOffset.UnixEpoch).Ticks * 100;

    [Theory]
    [InlineData("2026-11-23T14:46:00Z", "2026-11-23T14:46:00Z")]
    [InlineData("2026-11-23T15:46:00+01:00", "2026-11-23T14:46:00Z")]
    [InlineData("2026-11-23t14:46:00z", "2026-11-23T14:46:00Z")]
    [InlineData("2026-11-23 14:46", "2026-11-23T14:46:00Z")]
    [InlineData("2026-11-23", "2026-11-23T00:00:00Z")]
    [InlineData("5m", "2026-11-28T02:55:00Z")]
    [InlineData("1d", "2026-11-27T03:00:00Z")]
    [InlineData("23:55", "2026-11-23T23:55:00Z")]
    [InlineData("00:10", "2026-11-24T00:10:00Z")] // before the first event: the day after
    [InlineData("00:10:30", "2026-11-24T00:10:30Z")]
    [InlineData("23:40", "2026-11-23T23:40:00Z")] // the first event is at 23:50; who says so means that day
    public void EachIsOneMoment(string text, string expected) => Assert.Equal(Ns(expected), new TimeWindow(text, null, s_now).From(Ns("2026-11-23T23:50:00Z")).SinceNs);

    [Fact]
    public void NineDigitsAreExact() => Assert.Equal(Ns("2026-11-23T14:46:00Z") + 123_456_789, new TimeWindow("2026-11-23T14:46:00.123456789Z", null, s_now).From(0).SinceNs);

    [Fact]
    public void WhereNoZoneIsNamedItIsTheOneAskedFor()
    {
        TimeZoneInfo zone = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(9), "east", "east");
        Assert.Equal(Ns("2026-11-23T05:46:00Z"), new TimeWindow("2026-11-23T14:46:00", null, s_now, zone).From(0).SinceNs);
        Assert.Equal(Ns("2026-11-23T15:30:00Z"), new TimeWindow("00:30", null, s_now, zone).From(Ns("2026-11-23T15:10:00Z")).SinceNs); // 00:10 of the 24th there
        Assert.Equal(Ns("2026-11-23T14:46:00Z"), new TimeWindow("2026-11-23T14:46:00Z", null, s_now, zone).From(0).SinceNs);
    }

    [Fact]
    public void WhereTheFilesBeginIsKnownEachOfThemIsReadByThat()
    {
        TimeWindow window = new TimeWindow("11:00", "12:30", s_now).BeginningAt(Ns("2026-11-23T10:00:00Z"));
        Assert.Equal(window.From(Ns("2026-11-23T10:00:00Z")), window.From(Ns("2026-11-23T14:00:00Z")));
    }

    [Fact]
    public void SinceAfterUntilIsAnError()
    {
        Assert.Contains("is after --until", Assert.Throws<SelectionException>(() => new TimeWindow("1m", "5m", s_now)).Message);
        var times = new TimeWindow("15:00", "14:00", s_now);
        Assert.Contains("--since 15:00 (2026-11-23T15:00:00Z) is after --until 14:00 (2026-11-23T14:00:00Z)", Assert.Throws<SelectionException>(() => times.From(Ns("2026-11-23T13:30:00Z"))).Message);
    }

    [Theory]
    [InlineData("noon")]
    [InlineData("25:00")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-11-23T14:46:00.1234567890Z")]
    [InlineData("-5m")]
    [InlineData("")]
    public void WhatIsNoTimeIsAnError(string text) => Assert.Contains($"--since '{text}': a time such as", Assert.Throws<SelectionException>(() => new TimeWindow(text, null, s_now)).Message);
}
