using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>Writes the time of one row after the other in a style. Some styles depend on the rows before.</summary>
/// <param name="style">How.</param>
/// <param name="zone">The local zone.</param>
internal sealed class RowTime(TimeStyle style, TimeZoneInfo zone)
{
    private const long Second = 1_000_000_000, Day = 86_400 * Second, Quarter = 900 * Second;
    private long? _first, _before;
    private long _quarter = long.MinValue, _offsetNs;

    /// <summary>Whether rows must come in their order, to one format.</summary>
    public bool IsInOrder => style is TimeStyle.Relative or TimeStyle.Delta;

    /// <summary>Adds the time of a row, in nanoseconds since 1970.</summary>
    public void Append(TextBuffer to, long wallNs)
    {
        _first ??= wallNs;
        _before ??= wallNs;
        switch (style)
        {
            case TimeStyle.Rfc3339:
                to.AppendTimestamp(wallNs);
                break;
            case TimeStyle.Relative:
                AppendSeconds(to, wallNs - _first.Value);
                break;
            case TimeStyle.Delta:
                AppendSeconds(to, wallNs - _before.Value);
                break;
            default:
                AppendTimeOfDay(to, style == TimeStyle.Local ? wallNs + OffsetAt(wallNs) : wallNs);
                break;
        }
        _before = wallNs;
    }

    /// <summary>Zones change their offset at quarters of an hour at most.</summary>
    private long OffsetAt(long wallNs)
    {
        long quarter = Math.DivRem(wallNs, Quarter).Quotient;
        if (quarter != _quarter)
        {
            _quarter = quarter;
            DateTime moment = DateTime.UnixEpoch.AddTicks(wallNs / TimeSpan.NanosecondsPerTick);
            _offsetNs = zone.GetUtcOffset(moment).Ticks * TimeSpan.NanosecondsPerTick;
        }
        return _offsetNs;
    }

    private static void AppendTimeOfDay(TextBuffer to, long ns)
    {
        long ofDay = (ns % Day + Day) % Day, seconds = ofDay / Second;
        AppendDigits(to, seconds / 3600, 2);
        to.Append((byte)':');
        AppendDigits(to, seconds / 60 % 60, 2);
        to.Append((byte)':');
        AppendDigits(to, seconds % 60, 2);
        AppendMicroseconds(to, ofDay % Second);
    }

    /// <summary>Rows are not always in the order of time: a difference may be below zero.</summary>
    private static void AppendSeconds(TextBuffer to, long ns)
    {
        to.Append((byte)(ns < 0 ? '-' : '+'));
        ulong size = ns < 0 ? (ulong)-(ns + 1) + 1 : (ulong)ns;
        to.Append(size / Second);
        AppendMicroseconds(to, (long)(size % Second));
    }

    private static void AppendMicroseconds(TextBuffer to, long ns)
    {
        to.Append((byte)'.');
        AppendDigits(to, ns / 1000, 6);
    }

    private static void AppendDigits(TextBuffer to, long number, int digits)
    {
        long scale = 1;
        for (int i = 1; i < digits; i++)
            scale *= 10;
        for (; scale > 0; scale /= 10)
            to.Append((byte)('0' + number / scale % 10));
    }
}
