using System.Globalization;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Values;

/// <summary>
/// Numbers with units: the one place that reads them, for options and for filters. <c>1e3</c> and <c>1.5</c> are numbers everywhere.
/// </summary>
public static class Quantity
{
    private static readonly (string Suffix, decimal Factor)[] s_times =
        [("ns", 1), ("us", 1_000), ("\u00b5s", 1_000), ("ms", 1_000_000), ("s", Second), ("m", 60 * Second), ("h", 3600 * Second), ("d", 86_400 * Second)];

    private static readonly (string Suffix, decimal Factor)[] s_sizes =
        [("K", 1L << 10), ("k", 1L << 10), ("M", 1L << 20), ("m", 1L << 20), ("G", 1L << 30), ("g", 1L << 30), ("T", 1L << 40), ("t", 1L << 40)];

    private const decimal Second = 1_000_000_000;

    /// <summary>A time such as 30s, 5m or 1h; without a unit seconds.</summary>
    /// <exception cref="SelectionException">It is none.</exception>
    public static TimeSpan Time(string option, string text) =>
        TryParseTime(text) ?? throw new SelectionException($"{option} '{text}': a time such as 30s, 5m or 1h is expected");

    /// <summary>The same, or none at all: 0.</summary>
    /// <exception cref="SelectionException">It is neither.</exception>
    public static TimeSpan TimeOrZero(string option, string text) =>
        (TryNanoseconds(text) ?? TryNumber(text)) == 0 ? TimeSpan.Zero : TryParseTime(text) ?? throw new SelectionException($"{option} '{text}': a time such as 30s, 5m or 1h is expected, or 0");

    /// <summary>The same; null: it is none.</summary>
    public static TimeSpan? TryParseTime(string text)
    {
        const decimal longest = 1e9m * Second;
        decimal? ns = TryNanoseconds(text) ?? TryNumber(text) * Second;
        return ns is > 0 and < longest ? TimeSpan.FromTicks((long)Math.Ceiling(ns.Value / TimeSpan.NanosecondsPerTick)) : null;
    }

    /// <summary>A number from 1 on.</summary>
    /// <exception cref="SelectionException">It is none.</exception>
    public static int Number(string option, string text) =>
        TryWhole(text) is { } value and > 0 and <= int.MaxValue
            ? (int)value
            : throw new SelectionException($"{option} '{text}': a number from 1 to {int.MaxValue} is expected");

    /// <summary>A size such as 512K or 8M.</summary>
    /// <exception cref="SelectionException">It is none.</exception>
    public static long Bytes(string option, string text) =>
        TryParseBytes(text) ?? throw new SelectionException($"{option} '{text}': a size such as 512K or 8M is expected");

    /// <summary>The same; null: it is none.</summary>
    public static long? TryParseBytes(string text) =>
        TryBytes(text) is { } bytes and > 0 && bytes < long.MaxValue && decimal.IsInteger(bytes) ? (long)bytes : null;

    /// <summary>A whole number; null: it is none.</summary>
    public static ulong? TryWhole(string text) =>
        TryNumber(text) is { } value && decimal.IsInteger(value) && value <= ulong.MaxValue ? (ulong)value : null;

    /// <summary>A number with a unit of time, in nanoseconds; null: it is none, or has no unit.</summary>
    public static decimal? TryNanoseconds(string text) => TryScaled(text, s_times);

    /// <summary>A number of bytes, with a unit or without; null: it is none.</summary>
    public static decimal? TryBytes(string text) => TryScaled(text, s_sizes) ?? TryNumber(text);

    /// <summary>Whether the text ends as a time does, as opposed to a size: a small m is minutes.</summary>
    public static bool HasTimeUnit(string text) => s_times.Any(u => text.EndsWith(u.Suffix, StringComparison.Ordinal));

    /// <summary>A number that is not negative; null: it is none.</summary>
    public static decimal? TryNumber(string text) =>
        text.Length > 0 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1])
        && decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out decimal value) ? value : null;

    private static decimal? TryScaled(string text, (string Suffix, decimal Factor)[] units)
    {
        foreach ((string suffix, decimal factor) in units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && TryNumber(text[..^suffix.Length]) is { } number && number < decimal.MaxValue / factor)
                return number * factor;
        }
        return null;
    }
}
