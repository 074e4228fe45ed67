using System.Globalization;

namespace TcpTracer.Formats.Pipeline;

/// <summary>Numbers with units, as options take them.</summary>
public static class Quantity
{
    /// <summary>A time such as 30s, 5m or 1h.</summary>
    /// <exception cref="SelectionException">It is none.</exception>
    public static TimeSpan Time(string option, string text) =>
        TryParseTime(text) ?? throw new SelectionException($"{option} '{text}': a time such as 30s, 5m or 1h is expected");

    /// <summary>The same; null: it is none.</summary>
    public static TimeSpan? TryParseTime(string text)
    {
        (string number, double seconds) = text switch
        {
            [.., 'm', 's'] => (text[..^2], 0.001),
            [.., 's'] => (text[..^1], 1),
            [.., 'm'] => (text[..^1], 60),
            [.., 'h'] => (text[..^1], 3600),
            [.., 'd'] => (text[..^1], 86400),
            _ => (text, 1),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value > 0 && value * seconds < 1e9
            ? TimeSpan.FromSeconds(value * seconds)
            : null;
    }

    /// <summary>A number from 1 on.</summary>
    /// <exception cref="SelectionException">It is none.</exception>
    public static int Number(string option, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0
            ? value
            : throw new SelectionException($"{option} '{text}': a number from 1 to {int.MaxValue} is expected");

    /// <summary>A size such as 512K or 8M.</summary>
    /// <exception cref="SelectionException">It is none.</exception>
    public static long Bytes(string option, string text) =>
        TryParseBytes(text) ?? throw new SelectionException($"{option} '{text}': a size such as 512K or 8M is expected");

    /// <summary>The same; null: it is none.</summary>
    public static long? TryParseBytes(string text)
    {
        (string number, long unit) = text.Length == 0 ? (text, 1) : char.ToUpperInvariant(text[^1]) switch
        {
            'K' => (text[..^1], 1L << 10),
            'M' => (text[..^1], 1L << 20),
            'G' => (text[..^1], 1L << 30),
            _ => (text, 1L),
        };
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value > 0 && value < long.MaxValue / unit ? value * unit : null;
    }
}
