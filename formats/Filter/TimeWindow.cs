using System.Globalization;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Filter;

/// <summary>
/// --since and --until, half-open. Each is one moment for the whole call, however many files it names: a time of day gets its day from
/// where they begin.
/// </summary>
public sealed class TimeWindow
{
    private static readonly string[] s_timesOfDay = [@"hh\:mm", @"hh\:mm\:ss", @"hh\:mm\:ss\.FFFFFFF", @"h\:mm", @"h\:mm\:ss"];
    private readonly Bound? _since, _until;
    private readonly TimeZoneInfo _zone;
    private readonly long? _beginNs;

    /// <summary>Reads the user's words: RFC 3339, HH:MM[:SS], or an age such as 5m.</summary>
    /// <param name="since">--since.</param>
    /// <param name="until">--until.</param>
    /// <param name="now">From which ages count.</param>
    /// <param name="zone">Of times that name none; null: UTC.</param>
    /// <exception cref="SelectionException">One of them is none of these, or the first is after the second.</exception>
    public TimeWindow(string? since, string? until, DateTimeOffset now, TimeZoneInfo? zone = null)
    {
        _zone = zone ?? TimeZoneInfo.Utc;
        _since = Parse("--since", since, now, _zone);
        _until = Parse("--until", until, now, _zone);
        if (!DependsOnBeginning)
            _ = From(0); // a mistake is told at once
    }

    private TimeWindow(TimeWindow of, long beginNs) => (_since, _until, _zone, _beginNs) = (of._since, of._until, of._zone, beginNs);

    /// <summary>No bounds.</summary>
    public static TimeWindow Everything { get; } = new(null, null, default);

    /// <summary>Whether there is a bound at all.</summary>
    public bool IsBounded => (_since ?? _until) is not null;

    /// <summary>Whether a bound is a time of day: of which day, depends on where the traces begin, as long as that is not known.</summary>
    public bool DependsOnBeginning => _beginNs is null && (_since is { Ns: null } || _until is { Ns: null });

    /// <summary>The same, for traces that are known to begin at this moment, wherever one of them is read from.</summary>
    public TimeWindow BeginningAt(long ns) => new(this, ns);

    /// <summary>The window for traces whose first event is at this moment, in nanoseconds since 1970.</summary>
    /// <param name="firstNs">The first event at hand, should nothing better be known.</param>
    /// <exception cref="SelectionException">Nothing can lie in it.</exception>
    public WallWindow From(long firstNs)
    {
        long beginNs = _beginNs ?? firstNs;
        var window = new WallWindow(_since?.Resolve(beginNs, _zone) ?? long.MinValue, _until?.Resolve(beginNs, _zone) ?? long.MaxValue);
        // Two times of day in their order are of one day: where the first is of the next day, so is the second
        if (_since is { Ns: null } && _until is { Ns: null } && _until.TimeOfDay > _since.TimeOfDay && window.UntilNs < window.SinceNs)
            window = window with { UntilNs = _until.Resolve(window.SinceNs, _zone) };
        return window.SinceNs <= window.UntilNs ? window
            : throw new SelectionException($"--since {_since!.Describe(window.SinceNs)} is after --until {_until!.Describe(window.UntilNs)}: nothing lies between them{SinceNextDay(window, beginNs)}");
    }

    /// <summary>
    /// Where --since is of the day after the one on which the files begin: which that is, and how to name the first; empty: it is not, or
    /// where they begin is not known.
    /// </summary>
    public string SinceNextDay(WallWindow window) => _beginNs is { } begin ? SinceNextDay(window, begin) : "";

    /// <summary>Where --until is of a later day than the one on which the files begin: which moment that is; empty: it is not.</summary>
    public string UntilNextDay(WallWindow window) => _beginNs is { } begin && _until is { Ns: null } && LocalDay(window.UntilNs) > LocalDay(begin)
        ? $"--until {_until.Describe(window.UntilNs)} is of the day after the files begin ({Moment(begin)})" : "";

    private string SinceNextDay(WallWindow window, long beginNs)
    {
        const long day = 24 * 3_600_000_000_000;
        if (_since is not { Ns: null } || window.SinceNs < beginNs || LocalDay(window.SinceNs) <= LocalDay(beginNs))
            return "";
        return $" (the files begin at {Moment(beginNs)}, so {_since.Text} is of the next day; --since {Moment(window.SinceNs - day)} names the first)";
    }

    private DateTime LocalDay(long ns) => TimeZoneInfo.ConvertTimeFromUtc(DateTime.UnixEpoch.AddTicks(ns / TimeSpan.NanosecondsPerTick), _zone).Date;

    /// <summary>A moment, or a time of day that becomes one when the day is known.</summary>
    private sealed record Bound(string Text, long? Ns, TimeSpan TimeOfDay)
    {
        /// <summary>
        /// A time of day is its first occurrence from the first event on. Who says 14:28 of a trace that begins at 14:28:05 does not mean
        /// tomorrow: up to an hour before counts, too.
        /// </summary>
        public long Resolve(long beginNs, TimeZoneInfo zone)
        {
            if (Ns is { } fixedNs)
                return fixedNs;
            DateTime earliest = DateTime.UnixEpoch.AddTicks(beginNs / TimeSpan.NanosecondsPerTick).AddHours(-1);
            DateTime day = TimeZoneInfo.ConvertTimeFromUtc(earliest, zone).Date;
            DateTime moment = ToUtc(day + TimeOfDay, zone);
            if (moment < earliest)
                moment = ToUtc(day.AddDays(1) + TimeOfDay, zone);
            return (long)Math.Clamp((moment - DateTime.UnixEpoch).Ticks * (decimal)TimeSpan.NanosecondsPerTick, long.MinValue, long.MaxValue);
        }

        /// <summary>Also where the clocks are set forward and that time does not exist.</summary>
        private static DateTime ToUtc(DateTime local, TimeZoneInfo zone) => local - zone.GetUtcOffset(local);

        /// <summary>As it was said, with the moment where that does not say which.</summary>
        public string Describe(long ns) => Ns is null ? $"{Text} ({Moment(ns)})" : Text;
    }

    /// <summary>What a window turned out to be, for a sentence: from when to before when.</summary>
    public string Describe(WallWindow window) =>
        string.Join(' ', new[] { _since is null ? "" : $"--since {_since.Describe(window.SinceNs)}", _until is null ? "" : $"--until {_until.Describe(window.UntilNs)}" }.Where(b => b.Length > 0));

    private static string Moment(long ns)
    {
        var text = new TextBuffer();
        text.AppendTimestamp(ns);
        string all = System.Text.Encoding.ASCII.GetString(text.Written);
        return all.Replace(".000000000", "", StringComparison.Ordinal);
    }

    private static Bound? Parse(string option, string? text, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (text is null)
            return null;
        if (Rfc3339.TryParse(text, zone) is { } moment)
            return new Bound(text, moment, default);
        if (TimeSpan.TryParseExact(text, s_timesOfDay, CultureInfo.InvariantCulture, out TimeSpan time))
            return new Bound(text, null, time);
        if (Quantity.TryParseTime(text) is { } age)
            return new Bound(text, (now - age - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick, default);
        throw new SelectionException($"{option} '{text}': a time such as 2026-11-23T14:46:00Z or 14:46 (UTC, or with --time local in this zone), or an age such as 5m, is expected");
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
