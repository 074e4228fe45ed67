using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>
/// Compiles tokens to a predicate by recursive descent. It has a method for each rule of the grammar in <see cref="FilterExpression"/>.
/// </summary>
internal sealed class FilterParser(List<FilterToken> tokens, Func<string, uint?> userNumber)
{
    private const int MaxDepth = 100;
    private static readonly string[] s_operators = ["==", "!=", "<", "<=", ">", ">=", "=~", "!~", "in"];
    private static readonly string[] s_connectives = ["and", "or"];
    private readonly FieldComparison _comparison = new(new FilterValue(userNumber));
    private int _next;
    private int _depth;

    /// <summary>The operations that the expression names, by name or letter.</summary>
    public IReadOnlyCollection<Operation> Named => _comparison.Named;

    private FilterToken Current => tokens[_next];

    public EventPredicate Parse()
    {
        EventPredicate all = Or();
        if (Current.Kind == FilterTokenKind.End)
            return all;
        string? near = Current.Kind == FilterTokenKind.Word ? NearestName.Of(Current.Text, s_connectives) : null;
        throw Unexpected("'and', 'or' or the end", near);
    }

    private EventPredicate Or()
    {
        EventPredicate left = And();
        while (TakeWordOrSymbol("or", "||"))
        {
            EventPredicate first = left, second = And();
            left = (in TcpEvent e) => first(in e) || second(in e);
        }
        return left;
    }

    private EventPredicate And()
    {
        EventPredicate left = Term();
        while (TakeWordOrSymbol("and", "&&"))
        {
            EventPredicate first = left, second = Term();
            left = (in TcpEvent e) => first(in e) && second(in e);
        }
        return left;
    }

    private bool TakeWordOrSymbol(string word, string symbol)
    {
        if (!Current.IsWord(word) && !Current.IsOperator(symbol))
            return false;
        _next++;
        return true;
    }

    private EventPredicate Term()
    {
        if (++_depth > MaxDepth)
            throw new SelectionException($"nested more than {MaxDepth} deep at character {Current.Position}");
        EventPredicate term;
        if (TakeWordOrSymbol("not", "!"))
        {
            EventPredicate inner = Term();
            term = (in TcpEvent e) => !inner(in e);
        }
        else if (Current.Kind == FilterTokenKind.Open)
        {
            _next++;
            term = Or();
            Take(FilterTokenKind.Close, "')'");
        }
        else
        {
            term = Current.IsWord("cidr") && tokens[_next + 1].Kind == FilterTokenKind.Open ? Cidr() : Comparison();
        }
        _depth--;
        return term;
    }

    private EventPredicate Cidr()
    {
        _next++;
        Take(FilterTokenKind.Open, "'('");
        FilterToken name = Current;
        FilterSubject subject = TakeSubject();
        if (subject.Fields.Any(f => f.Address is null))
            throw new SelectionException($"cidr() at character {name.Position} takes an address, saddr, daddr or addr, not {name.Quote}");
        Take(FilterTokenKind.Comma, "',' and an address block");
        AddressBlock[] blocks = [.. TakeList().Select(FilterValue.Block)];
        return FieldComparison.Any(subject, field => (in TcpEvent e) => AddressBlock.AnyContains(blocks, field.Address!(in e)));
    }

    private EventPredicate Comparison()
    {
        FilterSubject subject = TakeSubject();
        FilterToken symbol = Current;
        if (symbol.IsWord("in"))
        {
            _next++;
            Take(FilterTokenKind.Open, "'(' and a list of values");
            return _comparison.In(subject, TakeList());
        }
        if (symbol.Kind == FilterTokenKind.Operator && !symbol.IsOperator("&&") && !symbol.IsOperator("||"))
        {
            if (!s_operators.Contains(symbol.Text))
                throw Unexpected("an operator", OperatorMeantBy(symbol.Text));
            _next++;
            return _comparison.Compile(subject, symbol, TakeValue());
        }
        // Any other word here is a misspelt operator
        bool isMisspelt = symbol.Kind == FilterTokenKind.Word && !s_connectives.Contains(symbol.Text.ToLowerInvariant());
        if (symbol.Kind is FilterTokenKind.Quoted or FilterTokenKind.Open || isMisspelt)
            throw Unexpected($"an operator ({string.Join(' ', s_operators)}), 'and', 'or' or the end", null);
        return FieldComparison.Applies(subject);
    }

    /// <summary>The operator that the user probably meant: other languages write some differently.</summary>
    private static string? OperatorMeantBy(string symbol) => symbol switch
    {
        "=" or "===" => "==",
        "=>" => ">=",
        "=<" => "<=",
        "<>" => "!=",
        "~" or "~=" => "=~",
        _ => NearestName.Of(symbol, s_operators),
    };

    private FilterSubject TakeSubject()
    {
        FilterToken name = Current;
        if (name.Kind != FilterTokenKind.Word)
            throw Unexpected("a field", null);
        _next++;
        if (FilterSubject.TryFind(name.Text) is { } subject)
            return subject;
        Field? own = ConnectionFields.TryFindOwn(name.Text);
        string? eventField = own is null ? null : Fields.TryFind(own.JsonKey)?.Name;
        if (own is not null && eventField is null)
        {
            throw new SelectionException($"{name.Quote} at character {name.Position} is a field of the rows of --connections, and a filter "
                + $"selects events: order the rows with show --sort {name.Text}, group them with summary --by {name.Text}, "
                + $"or filter them with jq after -o json");
        }
        string? near = eventField ?? NearestName.Of(name.Text, FilterSubject.Names);
        throw new SelectionException(
            $"{name.Quote} at character {name.Position} is not a field{DidYouMean(near)} (`tcptracer fields` lists them all)");
    }

    private FilterToken TakeValue()
    {
        FilterToken value = Current;
        if (value.Kind is not (FilterTokenKind.Word or FilterTokenKind.Quoted))
            throw Unexpected("a value", null);
        _next++;
        return value;
    }

    /// <summary>Takes the values of a list, and the closing parenthesis.</summary>
    private List<FilterToken> TakeList()
    {
        List<FilterToken> values = [TakeValue()];
        while (Current.Kind == FilterTokenKind.Comma)
        {
            _next++;
            values.Add(TakeValue());
        }
        Take(FilterTokenKind.Close, "',' or ')'");
        return values;
    }

    private void Take(FilterTokenKind kind, string expected)
    {
        if (Current.Kind != kind)
            throw Unexpected(expected, null);
        _next++;
    }

    private SelectionException Unexpected(string expected, string? near) =>
        new($"at character {Current.Position} {expected} is expected, not {Current.Quote}{DidYouMean(near)}");

    private static string DidYouMean(string? near) => near is null ? "" : $"; did you mean '{near}'?";
}
