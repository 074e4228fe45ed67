using System.Globalization;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Values;

/// <summary>
/// Parses numbers with units, for options and for filters; nothing else parses them. <c>1e3</c> and <c>1.5</c> are numbers everywhere.
/// </summary>
public static class Quantity
{
    private static readonly (string Suffix, decimal Factor)[] s_times =
        [
            ("ns", 1), ("us", 1_000), ("\u00b5s", 1_000), ("ms", 1_000_000),
            ("s", Second), ("m", 60 * Second), ("h", 3600 * Second), ("d", 86_400 * Second),
        ];

    private static readonly (string Suffix, decimal Factor)[] s_sizes =
    [
        ("K", 1L << 10), ("k", 1L << 10), ("M", 1L << 20), ("m", 1L << 20),
        ("G", 1L << 30), ("g", 1L << 30), ("T", 1L << 40), ("t", 1L << 40),
    ];

    private const decimal Second = 1_000_000_000;
    private const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>Parses a time such as 30s, 5m or 1h; a number without a unit is in seconds.</summary>
    /// <param name="option">The option that has the value, for the error message.</param>
    /// <param name="text">The value.</param>
    /// <exception cref="SelectionException">It is not a time above 0.</exception>
    public static TimeSpan Time(string option, string text) =>
        TryParseTime(text) ?? throw new SelectionException($"{option} '{text}': a time such as 30s, 5m or 1h is expected");

    /// <summary>Parses a time, or 0 for no time at all.</summary>
    /// <inheritdoc cref="Time" path="/param"/>
    /// <exception cref="SelectionException">It is neither a time nor 0.</exception>
    public static TimeSpan TimeOrZero(string option, string text) => (TryNanoseconds(text) ?? TryNumber(text)) == 0
        ? TimeSpan.Zero
        : TryParseTime(text) ?? throw new SelectionException($"{option} '{text}': a time such as 30s, 5m or 1h is expected, or 0");

    /// <summary>Parses a time as <see cref="Time"/> does; null: it is not a time above 0.</summary>
    public static TimeSpan? TryParseTime(string text)
    {
        const decimal longest = 1e9m * Second;
        decimal? ns = TryNanoseconds(text) ?? TryNumber(text) * Second;
        return ns is > 0 and < longest ? TimeSpan.FromTicks((long)Math.Ceiling(ns.Value / TimeSpan.NanosecondsPerTick)) : null;
    }

    /// <summary>Parses a whole number from 1 on.</summary>
    /// <inheritdoc cref="Time" path="/param"/>
    /// <exception cref="SelectionException">It is not such a number.</exception>
    public static int Number(string option, string text) =>
        TryWhole(text) is { } value and > 0 and <= int.MaxValue
            ? (int)value
            : throw new SelectionException($"{option} '{text}': a number from 1 to {int.MaxValue} is expected");

    /// <summary>Parses a size such as 512K or 8M, in bytes; K is 1024.</summary>
    /// <inheritdoc cref="Time" path="/param"/>
    /// <exception cref="SelectionException">It is not a whole number of bytes above 0.</exception>
    public static long Bytes(string option, string text) =>
        TryParseBytes(text) ?? throw new SelectionException($"{option} '{text}': a size such as 512K or 8M is expected");

    /// <summary>Parses a size as <see cref="Bytes"/> does; null: it is not a whole number of bytes above 0.</summary>
    public static long? TryParseBytes(string text) =>
        TryBytes(text) is { } bytes and > 0 && bytes < long.MaxValue && decimal.IsInteger(bytes) ? (long)bytes : null;

    /// <summary>Parses a whole number; null: it is not one.</summary>
    public static ulong? TryWhole(string text) =>
        TryNumber(text) is { } value && decimal.IsInteger(value) && value <= ulong.MaxValue ? (ulong)value : null;

    /// <summary>Parses a number with a unit of time, in nanoseconds; null: it is not a number, or has no unit.</summary>
    public static decimal? TryNanoseconds(string text) => TryScaled(text, s_times);

    /// <summary>Parses a number of bytes, with or without a unit; null: it is not a number.</summary>
    public static decimal? TryBytes(string text) => TryScaled(text, s_sizes) ?? TryNumber(text);

    /// <summary>Whether the text ends with a unit of time, and not with one of size: a small m means minutes.</summary>
    public static bool HasTimeUnit(string text) => s_times.Any(u => text.EndsWith(u.Suffix, StringComparison.Ordinal));

    /// <summary>Parses a number that is not negative; null: it is not one.</summary>
    public static decimal? TryNumber(string text) =>
        text.Length > 0 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1])
        && decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out decimal value) ? value : null;

    private static decimal? TryScaled(string text, (string Suffix, decimal Factor)[] units)
    {
        foreach ((string suffix, decimal factor) in units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && TryNumber(text[..^suffix.Length]) is { } number && number < decimal.MaxValue / factor)
                return number * factor;
        }
        return null;
    }
}
