using System.Globalization;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using Xunit;

namespace TcpTracer.Tests.Formats.Filter;

/// <summary>--since and --until: every form that a user may write, and the moments that belong to the window.</summary>
public sealed class TimeWindowTests
{
    private const string Began = "2026-11-23T14:46:55Z", Now = "2026-11-24T09:00:00Z";

    private static DateTimeOffset Moment(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static long Ns(string text) => (Moment(text) - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The window for a trace that began at a moment.</summary>
    private static WallWindow Window(string? since, string? until, string began = Began) =>
        new TimeWindow(since, until, Moment(Now)).From(Ns(began));

    [Theory]
    [InlineData("2026-11-23T14:50:00Z", "2026-11-23T14:50:00Z", 0)]
    [InlineData("2026-11-23T15:50:00+01:00", "2026-11-23T14:50:00Z", 0)]
    [InlineData("2026-11-23T23:50:00-05:30", "2026-11-24T05:20:00Z", 0)]
    [InlineData("2026-11-23T14:50:00.5Z", "2026-11-23T14:50:00Z", 500_000_000)]
    [InlineData("2026-11-23T14:50:00.123456789Z", "2026-11-23T14:50:00Z", 123_456_789)]
    [InlineData("2026-11-23T14:50:00.999999999Z", "2026-11-23T14:50:00Z", 999_999_999)]
    [InlineData("2026-11-23T14:50:00.000000001Z", "2026-11-23T14:50:00Z", 1)]
    [InlineData("15:00", "2026-11-23T15:00:00Z", 0)]
    [InlineData("15:00:07", "2026-11-23T15:00:07Z", 0)]
    [InlineData("15:00:07.5", "2026-11-23T15:00:07.5Z", 0)]
    [InlineData("23:59:59", "2026-11-23T23:59:59Z", 0)]
    [InlineData("5m", "2026-11-24T08:55:00Z", 0)]
    [InlineData("90s", "2026-11-24T08:58:30Z", 0)]
    [InlineData("500ms", "2026-11-24T08:59:59.5Z", 0)]
    [InlineData("1.5h", "2026-11-24T07:30:00Z", 0)]
    [InlineData("1d", "2026-11-23T09:00:00Z", 0)]
    public void EveryTimeFormIsParsed(string text, string moment, long nanoseconds)
    {
        Assert.Equal((Ns(moment) + nanoseconds, long.MaxValue), Of(Window(text, null)));
        Assert.Equal((long.MinValue, Ns(moment) + nanoseconds), Of(Window(null, text)));
    }

    private static (long, long) Of(WallWindow window) => (window.SinceNs, window.UntilNs);

    [Theory]
    [InlineData("23:55", "2026-11-23T23:55:00Z")]
    [InlineData("00:00", "2026-11-24T00:00:00Z")]
    [InlineData("00:10", "2026-11-24T00:10:00Z")]
    [InlineData("13:00", "2026-11-24T13:00:00Z")]
    public void TimeOfDayBeforeTheTraceIsOnTheNextDay(string text, string moment)
    {
        const string late = "2026-11-23T23:50:00Z";
        Assert.Equal(Ns(moment), Window(text, null, late).SinceNs);
        Assert.Equal(Ns(moment), Window(null, text, late).UntilNs);
    }

    [Fact]
    public void WindowMayCrossMidnight()
    {
        WallWindow window = Window("23:55", "00:05", "2026-11-23T23:50:00Z");
        Assert.Equal((Ns("2026-11-23T23:55:00Z"), Ns("2026-11-24T00:05:00Z")), Of(window));
    }

    /// <summary>A time within the hour before the first event is on the first day, and so is the later time beside it.</summary>
    [Fact]
    public void OrderedTimesOfDayAreOnOneDay()
    {
        WallWindow window = Window("22:59", "23:00", "2026-11-29T23:59:57Z");
        Assert.Equal((Ns("2026-11-30T22:59:00Z"), Ns("2026-11-30T23:00:00Z")), Of(window));
    }

    [Fact]
    public void UntilOnTheNextDayIsReported()
    {
        TimeWindow times = new TimeWindow(null, "18:00", Moment(Now)).BeginningAt(Ns("2026-11-23T19:16:10Z"));
        Assert.Equal("--until 18:00 (2026-11-24T18:00:00Z) is of the day after the files begin (2026-11-23T19:16:10Z)",
            times.UntilNextDay(times.From(0)));
        times = new TimeWindow(null, "20:00", Moment(Now)).BeginningAt(Ns("2026-11-23T19:16:10Z"));
        Assert.Equal("", times.UntilNextDay(times.From(0)));
    }

    [Theory]
    [InlineData("14:30", null, "2026-11-25T14:29:00Z", "--since 14:30 (2026-11-23T14:30:00Z) is not the last such time: "
        + "the events go on until 2026-11-25T14:29:00Z, and --since 2026-11-24T14:30:00Z is")]
    [InlineData("14:30", "14:45", "2026-11-25T15:00:00Z", "--since 14:30 (2026-11-23T14:30:00Z) --until 14:45 (2026-11-23T14:45:00Z) "
        + "is not the last such time: the events go on until 2026-11-25T15:00:00Z, "
        + "and --since 2026-11-25T14:30:00Z --until 2026-11-25T14:45:00Z is")]
    [InlineData("23:30", "00:30", "2026-11-25T15:00:00Z", "--since 23:30 (2026-11-23T23:30:00Z) --until 00:30 (2026-11-24T00:30:00Z) "
        + "is not the last such time: the events go on until 2026-11-25T15:00:00Z, "
        + "and --since 2026-11-24T23:30:00Z --until 2026-11-25T00:30:00Z is")]
    [InlineData(null, "14:45", "2026-11-24T14:45:00Z", "--until 14:45 (2026-11-23T14:45:00Z) is not the last such time: "
        + "the events go on until 2026-11-24T14:45:00Z, and --until 2026-11-24T14:45:00Z is")]
    [InlineData("14:30", "2026-11-24T14:30:00Z", "2026-11-25T15:00:00Z", "")]
    [InlineData("14:30", "14:45", "2026-11-24T14:29:59Z", "")]
    [InlineData("2026-11-23T14:30:00Z", null, "2026-11-25T15:00:00Z", "")]
    [InlineData("2h", "1h", "2026-11-25T15:00:00Z", "")]
    public void TimeOfDayOfSeveralDaysIsReported(string? since, string? until, string last, string expected)
    {
        TimeWindow times = new TimeWindow(since, until, Moment(Now)).BeginningAt(Ns("2026-11-23T14:00:00Z"));
        Assert.Equal(expected, times.LaterSuchTime(times.From(0), Ns(last)));
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-11-23T14:46:00.1234567890Z")]
    [InlineData("24:00")]
    [InlineData("14:60")]
    [InlineData("5 parsecs")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("-5m")]
    public void InvalidTimeIsAnErrorThatNamesItsOption(string text)
    {
        Assert.Contains($"--since '{text}'", Assert.Throws<SelectionException>(() => Window(text, null)).Message);
        Assert.Contains($"--until '{text}'", Assert.Throws<SelectionException>(() => Window(null, text)).Message);
    }

    [Fact]
    public void WindowIsHalfOpen()
    {
        var window = new WallWindow(100, 200);
        Assert.Equal([false, true, true, false], new long[] { 99, 100, 199, 200 }.Select(window.Contains));
    }

    [Theory]
    [InlineData(90, 99, false)]
    [InlineData(90, 100, true)]
    [InlineData(199, 210, true)]
    [InlineData(200, 210, false)]
    [InlineData(90, 210, true)]
    [InlineData(150, 150, true)]
    public void WindowOverlapsABlockThatTouchesIt(long first, long last, bool expected) =>
        Assert.Equal(expected, new WallWindow(100, 200).Overlaps(first, last));

    [Fact]
    public void WindowWithoutBoundsHoldsEverything()
    {
        Assert.False(TimeWindow.Everything.IsBounded);
        Assert.True(new TimeWindow("5m", null, Moment(Now)).IsBounded);
        Assert.True(new TimeWindow(null, "5m", Moment(Now)).IsBounded);
        Assert.Equal((long.MinValue, long.MaxValue), Of(Window(null, null)));
    }

    [Theory]
    [InlineData("2026-11-23t14:46:00z", "2026-11-23T14:46:00Z")]
    [InlineData("2026-11-23 14:46", "2026-11-23T14:46:00Z")]
    [InlineData("2026-11-23", "2026-11-23T00:00:00Z")]
    [InlineData("23:40", "2026-11-23T23:40:00Z")] // the first event is at 23:50, so this is on the same day
    public void ShortTimeFormsAreParsed(string text, string expected) =>
        Assert.Equal(Ns(expected), Window(text, null, "2026-11-23T23:50:00Z").SinceNs);

    [Fact]
    public void TimeWithoutAZoneIsInTheGivenZone()
    {
        TimeZoneInfo zone = TimeZoneInfo.CreateCustomTimeZone("east", TimeSpan.FromHours(9), "east", "east");
        Assert.Equal(Ns("2026-11-23T05:46:00Z"), new TimeWindow("2026-11-23T14:46:00", null, Moment(Now), zone).From(0).SinceNs);
        // in that zone it is 00:10 of the 24th
        Assert.Equal(Ns("2026-11-23T15:30:00Z"), new TimeWindow("00:30", null, Moment(Now), zone).From(Ns("2026-11-23T15:10:00Z")).SinceNs);
        Assert.Equal(Ns("2026-11-23T14:46:00Z"), new TimeWindow("2026-11-23T14:46:00Z", null, Moment(Now), zone).From(0).SinceNs);
    }

    [Fact]
    public void TimesOfDayCountFromTheBeginningOfAllFiles()
    {
        TimeWindow window = new TimeWindow("11:00", "12:30", Moment(Now)).BeginningAt(Ns("2026-11-23T10:00:00Z"));
        Assert.Equal(window.From(Ns("2026-11-23T10:00:00Z")), window.From(Ns("2026-11-23T14:00:00Z")));
    }

    [Fact]
    public void SinceAfterUntilIsAnError()
    {
        Assert.Contains("is after --until", Assert.Throws<SelectionException>(() => new TimeWindow("1m", "5m", Moment(Now))).Message);
        var times = new TimeWindow("15:00", "14:00", Moment(Now));
        Assert.Contains("--since 15:00 (2026-11-23T15:00:00Z) is after --until 14:00 (2026-11-23T14:00:00Z)",
            Assert.Throws<SelectionException>(() => times.From(Ns("2026-11-23T13:30:00Z"))).Message);
    }
}
