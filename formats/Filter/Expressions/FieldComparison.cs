using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>
/// Compiles one comparison of a filter expression. The field decides whether it compares a number, a time, an address, or
/// the text that columns show.
/// </summary>
/// <param name="values">Parses the values.</param>
internal sealed class FieldComparison(FilterValue values)
{
    private readonly HashSet<Operation> _named = [];

    /// <summary>The operations that a comparison names, by name or letter.</summary>
    public IReadOnlyCollection<Operation> Named => _named;

    public static EventPredicate Applies(FilterSubject subject) =>
        Any(subject, field => field.Applies is { } applies ? (in TcpEvent e) => applies(in e) : static (in TcpEvent e) => true);

    public EventPredicate Compile(FilterSubject subject, FilterToken symbol, FilterToken value) => symbol.Text switch
    {
        "==" => Any(subject, field => IfApplies(field, EqualAndNoted(field, value))),
        "!=" => Not(Any(subject, field => IfApplies(field, Equal(field, value)))),
        "=~" => Any(subject, field => IfApplies(field, TextMatch.Pattern(field, value))),
        "!~" => Not(Any(subject, field => IfApplies(field, TextMatch.Pattern(field, value)))),
        _ => Any(subject, field => IfApplies(field, Ordered(field, symbol, value))),
    };

    public EventPredicate In(FilterSubject subject, IReadOnlyList<FilterToken> list) =>
        Any(subject, field => IfApplies(field, AnyOf([.. list.Select(v => EqualAndNoted(field, v))])));

    /// <summary>A predicate that holds if it holds for any field of the subject.</summary>
    public static EventPredicate Any(FilterSubject subject, Func<Field, EventPredicate> of) => AnyOf([.. subject.Fields.Select(of)]);

    private static EventPredicate AnyOf(EventPredicate[] any) => any is [var only] ? only : (in TcpEvent e) =>
    {
        foreach (EventPredicate one in any)
        {
            if (one(in e))
                return true;
        }
        return false;
    };

    private static EventPredicate Not(EventPredicate inner) => (in TcpEvent e) => !inner(in e);

    private static EventPredicate IfApplies(Field field, EventPredicate inner) =>
        field.Applies is { } applies ? (in TcpEvent e) => applies(in e) && inner(in e) : inner;

    private EventPredicate EqualAndNoted(Field field, FilterToken value)
    {
        if (field.Operations is { } operations)
            _named.UnionWith(operations(value.Text));
        return Equal(field, value);
    }

    private EventPredicate Equal(Field field, FilterToken value)
    {
        if (field.Address is { } address)
        {
            AddressBlock wanted = FilterValue.OneAddress(value, field);
            return (in TcpEvent e) => wanted.Contains(address(in e));
        }
        if (field.Number is not { } number)
            return AnyOf([.. FilterValue.Words(value, field).Select(v => TextMatch.Exactly(field, v))]);
        decimal exact = values.Number(value, field);
        if (!decimal.IsInteger(exact))
            return static (in TcpEvent e) => false;
        long limit = Limit(exact);
        return (in TcpEvent e) => number(in e) == limit;
    }

    private EventPredicate Ordered(Field field, FilterToken symbol, FilterToken value)
    {
        if (field.Number is not { } number)
            throw new SelectionException(
                $"{symbol.Quote} at character {symbol.Position} needs a number or a time, which {field.Name} is not");
        decimal exact = values.Number(value, field);
        // Values are whole numbers: "more than 1.5" and "at least 1.5" both mean 2 and more
        long below = Limit(decimal.Floor(exact)), above = Limit(decimal.Ceiling(exact));
        return symbol.Text switch
        {
            "<" => (in TcpEvent e) => number(in e) < above,
            "<=" => (in TcpEvent e) => number(in e) <= below,
            ">" => (in TcpEvent e) => number(in e) > below,
            _ => (in TcpEvent e) => number(in e) >= above,
        };
    }

    private static long Limit(decimal value) => (long)Math.Clamp(value, long.MinValue, long.MaxValue);
}
