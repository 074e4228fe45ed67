using System.Globalization;
using TcpTracer.Formats.TraceFile;

namespace TcpTracer.Formats.Pipeline;

/// <summary>--since and --until, half-open; what they mean depends on when the trace began.</summary>
public sealed class TimeWindow
{
    private readonly Moment? _since, _until;

    /// <summary>Reads the user's words: RFC 3339, HH:MM[:SS] in UTC, or an age such as 5m.</summary>
    /// <exception cref="SelectionException">One of them is none of these.</exception>
    public TimeWindow(string? since, string? until, DateTimeOffset now)
    {
        _since = Parse("--since", since, now);
        _until = Parse("--until", until, now);
    }

    /// <summary>No bounds.</summary>
    public static TimeWindow Everything { get; } = new(null, null, default);

    /// <summary>Whether there is a bound at all.</summary>
    public bool IsBounded => (_since ?? _until) is not null;

    /// <summary>The window in nanoseconds since 1970, for a trace that began then.</summary>
    public WallWindow For(TraceHeader header) => new(_since?.Resolve(header.Clock.WallNs) ?? long.MinValue, _until?.Resolve(header.Clock.WallNs) ?? long.MaxValue);

    /// <summary>A moment, or a time of day that becomes one when the trace's day is known.</summary>
    private sealed record Moment(long? WallNs, TimeSpan TimeOfDay)
    {
        /// <summary>A time of day is its first occurrence after the trace's beginning, or up to an hour before.</summary>
        public long Resolve(long beginNs)
        {
            if (WallNs is { } fixedNs)
                return fixedNs;
            const long hour = 3_600_000_000_000, day = 24 * hour;
            long ofDay = TimeOfDay.Ticks * TimeSpan.NanosecondsPerTick;
            long earliest = beginNs - hour;
            long candidate = earliest - ((earliest % day) + day) % day + ofDay;
            return candidate >= earliest ? candidate : candidate + day;
        }
    }

    private static Moment? Parse(string option, string? text, DateTimeOffset now)
    {
        if (text is null)
            return null;
        if (text.Contains('T') && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment))
            return new Moment(ToNs(moment) + NanosecondsBelowTick(text), default);
        if (TimeSpan.TryParseExact(text, [@"hh\:mm", @"hh\:mm\:ss", @"h\:mm"], CultureInfo.InvariantCulture, out TimeSpan time))
            return new Moment(null, time);
        if (Quantity.TryParseTime(text) is { } age)
            return new Moment(ToNs(now - age), default);
        throw new SelectionException($"{option} '{text}': a time such as 2026-11-23T14:46:00Z or 14:46 (UTC), or an age such as 5m, is expected");
    }

    private static long ToNs(DateTimeOffset moment) => (moment - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The eighth and ninth digit, which a tick cannot hold: what is printed can be given back.</summary>
    private static long NanosecondsBelowTick(string text)
    {
        const int tickDigits = 7;
        int point = text.IndexOf('.');
        if (point < 0)
            return 0;
        string digits = new([.. text[(point + 1)..].TakeWhile(char.IsAsciiDigit)]);
        // The parser rounds to a tick; take that back and add what was written
        long exact = long.Parse(digits.PadRight(9, '0')[..9], CultureInfo.InvariantCulture);
        long rounded = (long)Math.Round(double.Parse("0." + digits, CultureInfo.InvariantCulture) * Math.Pow(10, tickDigits)) * TimeSpan.NanosecondsPerTick;
        return exact - rounded;
    }
}

/// <summary>A half-open stretch of wall time.</summary>
/// <param name="SinceNs">From here.</param>
/// <param name="UntilNs">To before here.</param>
public readonly record struct WallWindow(long SinceNs, long UntilNs)
{
    /// <summary>Whether a moment lies in it.</summary>
    public bool Contains(long wallNs) => wallNs >= SinceNs && wallNs < UntilNs;

    /// <summary>Whether any moment from one to another lies in it.</summary>
    public bool Overlaps(long firstNs, long lastNs) => lastNs >= SinceNs && firstNs < UntilNs;
}
