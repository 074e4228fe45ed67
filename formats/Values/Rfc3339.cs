using System.Globalization;
using System.Text.RegularExpressions;

namespace TcpTracer.Formats.Values;

/// <summary>
/// Parses a date and time as tcptracer prints it, to the nanosecond, so that printed times can be given back as options. It also takes
/// another time zone, no time zone, fewer digits, and a date alone, which means midnight at its beginning.
/// </summary>
public static partial class Rfc3339
{
    private const long NsPerSecond = 1_000_000_000;

    private const string Date = "^([0-9]{4})-([0-9]{2})-([0-9]{2})";
    private const string Time = @"[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?";
    private const string Zone = "(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))?";

    [GeneratedRegex($"{Date}(?:{Time}{Zone})?$")]
    private static partial Regex Pattern { get; }

    /// <summary>Parses a text; null: it is not a date and time.</summary>
    /// <param name="text">For example <c>2026-11-23T14:28:05.123456789Z</c>.</param>
    /// <param name="zone">The time zone of a text that names none.</param>
    /// <returns>Nanoseconds since 1970, or the nearest number that fits into 64 bits.</returns>
    public static long? TryParse(string text, TimeZoneInfo zone)
    {
        Match match = Pattern.Match(text);
        if (!match.Success)
            return null;
        int Part(int group) => match.Groups[group].Success ? int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;
        (int year, int month, int day, int hour, int minute, int second) = (Part(1), Part(2), Part(3), Part(4), Part(5), Part(6));
        const int leapSecond = 60;
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > leapSecond || Part(10) > 23 || Part(11) > 59)
            return null;
        var local = new DateTime(year, month, day, hour, minute, 0);
        bool hasZone = match.Groups[8].Success || match.Groups[9].Success;
        TimeSpan offset = hasZone
            ? new TimeSpan(Part(10), Part(11), 0) * (match.Groups[9].Value == "-" ? -1 : 1)
            : zone.GetUtcOffset(local);
        decimal seconds = (local - DateTime.UnixEpoch - offset).Ticks / TimeSpan.TicksPerSecond + second;
        int fraction = match.Groups[7].Success ? int.Parse(match.Groups[7].Value.PadRight(9, '0'), CultureInfo.InvariantCulture) : 0;
        decimal ns = seconds * NsPerSecond + fraction;
        return (long)Math.Clamp(ns, long.MinValue, long.MaxValue);
    }
}
