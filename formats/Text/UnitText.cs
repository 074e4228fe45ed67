using System.Globalization;
using System.Text;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>
/// Times and sizes for eyes: three digits and a unit, without a blank: <c>1.10ms</c>, <c>2m03s</c>, <c>120B</c>, <c>1.2kB</c>.
/// </summary>
public static class UnitText
{
    private const ulong Thousand = 1000, Second = 1_000_000_000, Minute = 60 * Second, Hour = 60 * Minute, Day = 24 * Hour;
    private static readonly string[] s_times = ["ns", "us", "ms", "s"];
    private static readonly string[] s_sizes = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>A length of time, from nanoseconds.</summary>
    public static void AppendTime(TextBuffer to, ulong ns)
    {
        if (ns >= Day)
            Append(to, ns / Day, "d", ns % Day / Hour, "h");
        else if (ns >= Hour)
            Append(to, ns / Hour, "h", ns % Hour / Minute, "m");
        else if (ns >= 2 * Minute)
            Append(to, ns / Minute, "m", ns % Minute / Second, "s");
        else
            AppendScaled(to, ns, s_times, mostDecimals: 2);
    }

    /// <summary>A length of time, from nanoseconds.</summary>
    public static string Time(ulong ns)
    {
        var text = new TextBuffer(32);
        AppendTime(text, ns);
        return Encoding.ASCII.GetString(text.Written);
    }

    /// <summary>A number of bytes.</summary>
    public static string Size(ulong bytes)
    {
        var text = new TextBuffer(32);
        AppendSize(text, bytes);
        return Encoding.ASCII.GetString(text.Written);
    }

    /// <summary>A number of bytes.</summary>
    public static void AppendSize(TextBuffer to, ulong bytes) => AppendScaled(to, bytes, s_sizes, mostDecimals: 1);

    private static void Append(TextBuffer to, ulong large, string largeUnit, ulong small, string smallUnit) =>
        to.AppendAscii(string.Create(CultureInfo.InvariantCulture, $"{large}{largeUnit}{small:00}{smallUnit}"));

    private static void AppendScaled(TextBuffer to, ulong value, string[] units, int mostDecimals)
    {
        int unit = 0;
        ulong scale = 1;
        while (unit < units.Length - 1 && value / scale >= Thousand)
        {
            scale *= Thousand;
            unit++;
        }
        // Rounded down, so that 999 999 ns never become 1000 us
        ulong whole = value / scale, thousandths = scale == 1 ? 0 : value % scale / (scale / Thousand);
        to.Append(whole);
        int decimals = unit == 0 ? 0 : Math.Min(mostDecimals, whole >= 100 ? 0 : whole >= 10 ? 1 : 2);
        if (decimals > 0)
        {
            to.Append((byte)'.');
            to.Append((byte)('0' + thousandths / 100));
        }
        if (decimals > 1)
            to.Append((byte)('0' + thousandths / 10 % 10));
        to.AppendAscii(units[unit]);
    }
}
