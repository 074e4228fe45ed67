using System.Globalization;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Filter;

/// <summary>
/// The options --since and --until. --since belongs to the window, --until does not. Each is one moment for the whole command, however
/// many files are read. The beginning of the files tells which day a time of day means.
/// </summary>
public sealed class TimeWindow
{
    private static readonly string[] s_timesOfDay = [@"hh\:mm", @"hh\:mm\:ss", @"hh\:mm\:ss\.FFFFFFF", @"h\:mm", @"h\:mm\:ss"];
    private readonly Bound? _since, _until;
    private readonly TimeZoneInfo _zone;
    private readonly long? _beginNs;

    /// <summary>Parses the options: RFC 3339, HH:MM[:SS], or an age such as 5m.</summary>
    /// <param name="since">The value of --since, or null.</param>
    /// <param name="until">The value of --until, or null.</param>
    /// <param name="now">Ages count back from here.</param>
    /// <param name="zone">The time zone of times that name none; null: UTC.</param>
    /// <exception cref="SelectionException">A value cannot be understood, or --since is after --until.</exception>
    public TimeWindow(string? since, string? until, DateTimeOffset now, TimeZoneInfo? zone = null)
    {
        _zone = zone ?? TimeZoneInfo.Utc;
        _since = Parse("--since", since, now, _zone);
        _until = Parse("--until", until, now, _zone);
        if (!DependsOnBeginning)
            _ = From(0); // reports a mistake before any file is read
    }

    /// <summary>From a moment on.</summary>
    public static TimeWindow StartingAt(DateTimeOffset moment) =>
        new(Moment((moment - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick), null, default);

    private TimeWindow(TimeWindow of, long beginNs) => (_since, _until, _zone, _beginNs) = (of._since, of._until, of._zone, beginNs);

    /// <summary>The window without bounds.</summary>
    public static TimeWindow Everything { get; } = new(null, null, default);

    /// <summary>Whether there is a bound.</summary>
    public bool IsBounded => (_since ?? _until) is not null;

    /// <summary>Whether a bound is a time of day, and its day is not known yet, because the beginning of the files is not known.</summary>
    public bool DependsOnBeginning => _beginNs is null && (_since is { Ns: null } || _until is { Ns: null });

    /// <summary>The same window for files that begin at a known moment, even if one of them is read from a later place.</summary>
    /// <param name="ns">The moment, in nanoseconds since 1970.</param>
    public TimeWindow BeginningAt(long ns) => new(this, ns);

    /// <summary>The window in wall time.</summary>
    /// <param name="firstNs">When the first event happened, in nanoseconds since 1970. It is used if the beginning of the
    /// files is not known.</param>
    /// <exception cref="SelectionException">The window is empty.</exception>
    public WallWindow From(long firstNs)
    {
        long beginNs = _beginNs ?? firstNs;
        var window = new WallWindow(_since?.Resolve(beginNs, _zone) ?? long.MinValue, _until?.Resolve(beginNs, _zone) ?? long.MaxValue);
        // Two times of day in order belong to one day: if --since is on the second day, so is --until
        if (_since is { Ns: null } && _until is { Ns: null } && _until.TimeOfDay > _since.TimeOfDay && window.UntilNs < window.SinceNs)
            window = window with { UntilNs = _until.Resolve(window.SinceNs, _zone) };
        return window.SinceNs <= window.UntilNs
            ? window
            : throw new SelectionException($"--since {_since!.Describe(window.SinceNs)} is after "
                + $"--until {_until!.Describe(window.UntilNs)}: nothing lies between them{SinceNextDay(window, beginNs)}");
    }

    /// <summary>
    /// A note for people if --since is on the day after the files begin. It has the moment, and how to name that time on the first day.
    /// Empty: --since is on the first day, or the beginning of the files is not known.
    /// </summary>
    public string SinceNextDay(WallWindow window) => _beginNs is { } begin ? SinceNextDay(window, begin) : "";

    /// <summary>
    /// A note for people if --until is on a later day than the beginning of the files. Empty: it is not, or the beginning is not known.
    /// </summary>
    public string UntilNextDay(WallWindow window) =>
        _beginNs is { } begin && _until is { Ns: null } && LocalDay(window.UntilNs) > LocalDay(begin)
            ? $"--until {_until.Describe(window.UntilNs)} is of the day after the files begin ({Moment(begin)})"
            : "";

    /// <summary>
    /// A note for people if there is a later such time of day before the events end. It names the last one. Empty: there is none.
    /// </summary>
    /// <param name="window">The settled window.</param>
    /// <param name="lastNs">When the last event happened, in nanoseconds since 1970.</param>
    public string LaterSuchTime(WallWindow window, long lastNs)
    {
        long? since = LastTime(_since, window.SinceNs, lastNs), until = null;
        if (_since is not { Ns: null })
            until = LastTime(_until, window.UntilNs, lastNs);
        else if (since is { } from && _until is { Ns: null })
            until = _until.On(LocalDay(from), _zone) is var end && end > from ? end : _until.On(LocalDay(from).AddDays(1), _zone);
        if ((since ?? until) is null || (since >= _until?.Ns))
            return "";
        string last = $"{Named("--since", since)} {Named("--until", until)}".Trim();
        return $"{Describe(window)} is not the last such time: the events go on until {Moment(lastNs)}, and {last} is";
    }

    private static string Named(string option, long? ns) => ns is { } moment ? $"{option} {Moment(moment)}" : "";

    /// <summary>When the time of day was for the last time before the end; null: not later than it was taken for.</summary>
    private long? LastTime(Bound? bound, long ns, long lastNs)
    {
        if (bound is not { Ns: null })
            return null;
        long last = bound.On(LocalDay(lastNs), _zone);
        if (last > lastNs)
            last = bound.On(LocalDay(lastNs).AddDays(-1), _zone);
        return last > ns ? last : null;
    }

    private string SinceNextDay(WallWindow window, long beginNs)
    {
        const long day = 24 * 3_600_000_000_000;
        if (_since is not { Ns: null } || window.SinceNs < beginNs || LocalDay(window.SinceNs) <= LocalDay(beginNs))
            return "";
        return $" (the files begin at {Moment(beginNs)}, so {_since.Text} is of the next day; "
            + $"--since {Moment(window.SinceNs - day)} names the first)";
    }

    private DateTime LocalDay(long ns) =>
        TimeZoneInfo.ConvertTimeFromUtc(DateTime.UnixEpoch.AddTicks(ns / TimeSpan.NanosecondsPerTick), _zone).Date;

    /// <summary>A moment, or a time of day whose day is not known yet (<c>Ns</c> is null).</summary>
    private sealed record Bound(string Text, long? Ns, TimeSpan TimeOfDay)
    {
        /// <summary>
        /// The moment, in nanoseconds since 1970. A time of day means the first such time from the beginning on. It may also be up to an
        /// hour earlier: for a trace that begins at 14:28:05, 14:28 does not mean tomorrow.
        /// </summary>
        public long Resolve(long beginNs, TimeZoneInfo zone)
        {
            if (Ns is { } fixedNs)
                return fixedNs;
            DateTime earliest = DateTime.UnixEpoch.AddTicks(beginNs / TimeSpan.NanosecondsPerTick).AddHours(-1);
            DateTime day = TimeZoneInfo.ConvertTimeFromUtc(earliest, zone).Date;
            return ToUtc(day + TimeOfDay, zone) < earliest ? On(day.AddDays(1), zone) : On(day, zone);
        }

        /// <summary>This time of a day, in nanoseconds since 1970.</summary>
        public long On(DateTime day, TimeZoneInfo zone)
        {
            decimal ns = (ToUtc(day + TimeOfDay, zone) - DateTime.UnixEpoch).Ticks * (decimal)TimeSpan.NanosecondsPerTick;
            return (long)Math.Clamp(ns, long.MinValue, long.MaxValue);
        }

        /// <summary>Converts a local time to UTC, also a time that does not exist because clocks are set forward.</summary>
        private static DateTime ToUtc(DateTime local, TimeZoneInfo zone) => local - zone.GetUtcOffset(local);

        /// <summary>The bound as the user wrote it, and the moment if the text does not say the day.</summary>
        public string Describe(long ns) => Ns is null ? $"{Text} ({Moment(ns)})" : Text;
    }

    /// <summary>The options as the user wrote them, and the moments that they mean in a window.</summary>
    public string Describe(WallWindow window)
    {
        string since = _since is null ? "" : $"--since {_since.Describe(window.SinceNs)}";
        string until = _until is null ? "" : $"--until {_until.Describe(window.UntilNs)}";
        return $"{since} {until}".Trim();
    }

    /// <summary>
    /// The bounds as dates with times, or empty if there are no bounds. A time of day without a known day stays as the user typed it.
    /// </summary>
    public string DescribeMoments()
    {
        WallWindow? window = DependsOnBeginning ? null : From(0);
        string since = _since is null ? "" : $"--since {(window is { } from ? Moment(from.SinceNs) : _since.Text)}";
        string until = _until is null ? "" : $"--until {(window is { } to ? Moment(to.UntilNs) : _until.Text)}";
        return string.Join(' ', new[] { since, until }.Where(b => b.Length > 0));
    }

    /// <summary>A moment for people: without its nanoseconds where they are 0.</summary>
    public static string Moment(long ns)
    {
        var text = new TextBuffer(32);
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
        throw new SelectionException($"{option} '{text}': a time such as 2026-11-23T14:46:00Z or 14:46 (UTC, or with --time local "
            + $"in this zone), or an age such as 5m, is expected");
    }
}

/// <summary>An interval of wall time.</summary>
/// <param name="SinceNs">Its beginning, in nanoseconds since 1970; it belongs to the interval.</param>
/// <param name="UntilNs">Its end, in nanoseconds since 1970; it does not belong to the interval.</param>
public readonly record struct WallWindow(long SinceNs, long UntilNs)
{
    /// <summary>Whether a moment lies in the interval.</summary>
    public bool Contains(long wallNs) => wallNs >= SinceNs && wallNs < UntilNs;

    /// <summary>
    /// Whether the interval has a moment in common with the time from <paramref name="firstNs"/> to <paramref name="lastNs"/>.
    /// </summary>
    public bool Overlaps(long firstNs, long lastNs) => lastNs >= SinceNs && firstNs < UntilNs;
}
