using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>Parses the values of a filter expression, in the unit of the field that they are compared with.</summary>
/// <param name="userNumber">Finds the uid of a user name; it returns null if there is no such user.</param>
internal sealed class FilterValue(Func<string, uint?> userNumber)
{
    /// <summary>Parses a number. It may have a unit if the field has one, such as 10ms or 64K. For a timestamp it is RFC 3339.</summary>
    /// <returns>The number in the field's unit; a timestamp is in nanoseconds since 1970.</returns>
    public decimal Number(FilterToken value, Field field)
    {
        const decimal nsPerUs = 1000;
        return field.Unit switch
        {
            FieldTable.TimeUnit => Rfc3339.TryParse(value.Text, TimeZoneInfo.Utc)
                ?? throw Expected("a time such as 2026-11-23T14:28:05Z", value),
            "ns" => Quantity.TryNanoseconds(value.Text) ?? Quantity.TryNumber(value.Text)
                ?? throw Expected("a time such as 250ms", value),
            "us" => Quantity.TryNanoseconds(value.Text) / nsPerUs ?? Quantity.TryNumber(value.Text)
                ?? throw Expected("a time such as 250ms", value),
            "bytes" => Quantity.TryBytes(value.Text) ?? throw Expected("a size such as 64K", value),
            _ when field.IsUser => Quantity.TryNumber(value.Text) ?? userNumber(value.Text)
                ?? throw Expected("a number or a user of this machine", value),
            _ => Quantity.TryNumber(value.Text) ?? throw Expected("a number", value),
        };
    }

    /// <summary>The words that a value stands for: a letter of column T stands for its operations, as in --op.</summary>
    public static IReadOnlyList<FilterToken> Words(FilterToken value, Field field) =>
        field.ShortFor?.Invoke(value.Text) is { Count: > 0 } all ? [.. all.Select(word => value with { Text = word })] : [value];

    public static AddressBlock Block(FilterToken value) =>
        AddressBlock.TryParse(value.Text) ?? throw Expected("an address or a block such as 10.0.0.0/8", value);

    public static AddressBlock OneAddress(FilterToken value, Field field)
    {
        if (value.Text.Contains('/'))
        {
            throw new SelectionException($"at character {value.Position} one address is expected, not the block {value.Quote}; "
                + $"for a block: cidr({field.Name}, {value.Text}), or cidr(addr, {value.Text}) for either end");
        }
        return Block(value);
    }

    private static SelectionException Expected(string what, FilterToken value) =>
        new($"at character {value.Position} {what} is expected, not {value.Quote}");
}
