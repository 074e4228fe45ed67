using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;

namespace TcpTracer.Formats.Pipeline.Expressions;

/// <summary>One comparison of a filter expression, by what the field is: a number, a time, an address, or else the text that columns show.</summary>
internal static class FieldComparison
{
    public static EventPredicate Applies(Field field) => field.Applies is { } applies ? (in TcpEvent e) => applies(in e) : static (in TcpEvent e) => true;

    public static EventPredicate Of(Field field, FilterToken symbol, FilterToken value) => symbol.Text switch
    {
        "==" => IfApplies(field, Equal(field, value)),
        "!=" => Not(IfApplies(field, Equal(field, value))),
        "=~" => IfApplies(field, TextMatch.Pattern(field, value)),
        "!~" => Not(IfApplies(field, TextMatch.Pattern(field, value))),
        _ => IfApplies(field, Ordered(field, symbol, value)),
    };

    public static EventPredicate In(Field field, IEnumerable<FilterToken> values)
    {
        EventPredicate[] any = [.. values.Select(v => Equal(field, v))];
        return IfApplies(field, (in TcpEvent e) =>
        {
            foreach (EventPredicate one in any)
            {
                if (one(in e))
                    return true;
            }
            return false;
        });
    }

    private static EventPredicate Not(EventPredicate inner) => (in TcpEvent e) => !inner(in e);

    private static EventPredicate IfApplies(Field field, EventPredicate inner) =>
        field.Applies is { } applies ? (in TcpEvent e) => applies(in e) && inner(in e) : inner;

    private static EventPredicate Equal(Field field, FilterToken value)
    {
        if (field.Address is { } address)
        {
            AddressBlock wanted = FilterValue.OneAddress(value, field);
            return (in TcpEvent e) => wanted.Contains(address(in e));
        }
        if (field.Number is not { } number)
            return TextMatch.Exactly(field, value);
        long limit = FilterValue.Number(value, field);
        return (in TcpEvent e) => number(in e) == limit;
    }

    private static EventPredicate Ordered(Field field, FilterToken symbol, FilterToken value)
    {
        if (field.Number is not { } number)
            throw new SelectionException($"--filter: {symbol.Quote} at character {symbol.Position} needs a number or a time, which {field.Name} is not");
        long limit = FilterValue.Number(value, field);
        return symbol.Text switch
        {
            "<" => (in TcpEvent e) => number(in e) < limit,
            "<=" => (in TcpEvent e) => number(in e) <= limit,
            ">" => (in TcpEvent e) => number(in e) > limit,
            _ => (in TcpEvent e) => number(in e) >= limit,
        };
    }
}
