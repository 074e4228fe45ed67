using System.Globalization;
using TcpTracer.Formats.Output;

namespace TcpTracer.Formats.Pipeline.Expressions;

/// <summary>Values of a filter expression, in the unit of the field they are compared with.</summary>
internal static class FilterValue
{
    private static readonly (string Suffix, double Ns)[] s_times = [("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];
    private static readonly (string Suffix, double Bytes)[] s_sizes = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)];

    /// <summary>A number, with a unit where the field has one: 10ms, 64K; for a timestamp RFC 3339.</summary>
    public static long Number(FilterToken value, Field field)
    {
        if (field.Unit == Fields.TimeUnit)
            return Time(value);
        return field.Unit switch
        {
            "ns" => Scaled(value, s_times, 1, "a time such as 250ms"),
            "us" => Scaled(value, s_times, 1e3, "a time such as 250ms"),
            "bytes" => Scaled(value, s_sizes, 1, "a size such as 64K"),
            _ => Scaled(value, [], 1, "a number"),
        };
    }

    private static long Scaled(FilterToken value, (string Suffix, double Factor)[] units, double fieldUnit, string expected)
    {
        if (long.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long plain))
            return plain;
        foreach ((string suffix, double factor) in units)
        {
            if (value.Text.EndsWith(suffix, StringComparison.Ordinal)
                && double.TryParse(value.Text.AsSpan(0, value.Text.Length - suffix.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
                && number * factor / fieldUnit is < long.MaxValue and var scaled)
                return (long)Math.Round(scaled);
        }
        throw new SelectionException($"--filter: at character {value.Position} {expected} is expected, not {value.Quote}");
    }

    private static long Time(FilterToken value) =>
        DateTimeOffset.TryParse(value.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) && value.Text.Contains('-')
            ? (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick
            : throw new SelectionException($"--filter: at character {value.Position} a time such as 2026-11-23T14:28:05Z is expected, not {value.Quote}");

    public static AddressBlock Block(FilterToken value) => AddressBlock.TryParse(value.Text)
        ?? throw new SelectionException($"--filter: at character {value.Position} an address or a block such as 10.0.0.0/8 is expected, not {value.Quote}");

    public static AddressBlock OneAddress(FilterToken value, Field field)
    {
        if (value.Text.Contains('/'))
            throw new SelectionException($"--filter: at character {value.Position} one address is expected, not the block {value.Quote}; for a block: cidr({field.Name}, {value.Text})");
        return Block(value);
    }
}
