using System.Globalization;
using System.Text.RegularExpressions;

namespace TcpTracer.Formats.Values;

/// <summary>
/// A moment as it is printed, to the nanosecond: what is printed can be given back. Also with another zone, without one, with fewer digits,
/// and as a day alone, which stands for its beginning.
/// </summary>
public static partial class Rfc3339
{
    private const long NsPerSecond = 1_000_000_000;

    [GeneratedRegex(@"^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))?)?$")]
    private static partial Regex Pattern { get; }

    /// <summary>Nanoseconds since 1970, or the nearest that there are; null: it is no moment.</summary>
    /// <param name="text">Such as <c>2026-11-23T14:28:05.123456789Z</c>.</param>
    /// <param name="zone">Where no zone is given.</param>
    public static long? TryParse(string text, TimeZoneInfo zone)
    {
        Match match = Pattern.Match(text);
        if (!match.Success)
            return null;
        int Part(int group) => match.Groups[group].Success ? int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;
        (int year, int month, int day, int hour, int minute, int second) = (Part(1), Part(2), Part(3), Part(4), Part(5), Part(6));
        const int leapSecond = 60;
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > leapSecond || Part(10) > 23 || Part(11) > 59)
            return null;
        var local = new DateTime(year, month, day, hour, minute, 0);
        bool hasZone = match.Groups[8].Success || match.Groups[9].Success;
        TimeSpan offset = hasZone ? new TimeSpan(Part(10), Part(11), 0) * (match.Groups[9].Value == "-" ? -1 : 1) : zone.GetUtcOffset(local);
        decimal seconds = (local - DateTime.UnixEpoch - offset).Ticks / TimeSpan.TicksPerSecond + second;
        decimal ns = seconds * NsPerSecond + (match.Groups[7].Success ? int.Parse(match.Groups[7].Value.PadRight(9, '0'), CultureInfo.InvariantCulture) : 0);
        return (long)Math.Clamp(ns, long.MinValue, long.MaxValue);
    }
}
