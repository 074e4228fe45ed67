using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>Completes a filter expression that is being typed.</summary>
public static class FilterCompletion
{
    private static readonly string[] s_forNumbers = ["==", "!=", "<", "<=", ">", ">=", "in ("];
    private static readonly string[] s_forAddresses = ["==", "!=", "in ("];
    private static readonly string[] s_forText = ["==", "!=", "=~", "!~", "in ("];
    private static readonly string[] s_connectives = ["and ", "or "];

    private enum Place
    {
        Subject,
        OpeningOfCidr,
        Cidr,
        Operator,
        Value,
        OpeningOfList,
        ListItem,
        BehindListItem,
        Connective,
        Nowhere,
    }

    /// <summary>The expression typed so far with each of its possible continuations.</summary>
    public static IEnumerable<string> Of(string typed)
    {
        List<FilterToken> tokens;
        try
        {
            tokens = [.. FilterLexer.Read(typed).SkipLast(1)];
        }
        catch (SelectionException)
        {
            return []; // a quote is open, and any text may follow in it
        }
        string word = tokens is [.., { Kind: FilterTokenKind.Word } last] && !char.IsWhiteSpace(typed[^1]) ? last.Text : "";
        FilterSubject? subject = null;
        Place place = Place.Subject;
        foreach (FilterToken token in word.Length > 0 ? tokens.SkipLast(1) : tokens)
            place = Behind(place, token, ref subject);
        return Candidates(place, subject, word)
            .Where(c => c.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Select(c => typed[..^word.Length] + c);
    }

    private static Place Behind(Place place, FilterToken token, ref FilterSubject? subject)
    {
        switch (place)
        {
            case Place.Subject when token.Kind == FilterTokenKind.Open || token.IsWord("not") || token.IsOperator("!"):
                return Place.Subject;
            case Place.Subject when token.IsWord("cidr"):
                return Place.OpeningOfCidr;
            case Place.Subject:
                subject = token.Kind == FilterTokenKind.Word ? FilterSubject.TryFind(token.Text) : null;
                return subject is null ? Place.Nowhere : Place.Operator;
            case Place.OpeningOfCidr:
                return Place.Cidr;
            case Place.Cidr:
                return Place.Nowhere;
            case Place.Operator when token.IsWord("in"):
                return Place.OpeningOfList;
            case Place.Operator when token.Kind == FilterTokenKind.Operator && !IsConnective(token):
                return Place.Value;
            case Place.OpeningOfList:
                return Place.ListItem;
            case Place.ListItem:
                return Place.BehindListItem;
            case Place.BehindListItem when token.Kind == FilterTokenKind.Comma:
                return Place.ListItem;
            case Place.Operator or Place.Connective or Place.Nowhere when IsConnective(token):
                return Place.Subject;
            case Place.Nowhere when token.Kind != FilterTokenKind.Close:
                return Place.Nowhere;
            default:
                return Place.Connective;
        }
    }

    private static bool IsConnective(FilterToken token) =>
        token.IsWord("and") || token.IsWord("or") || token.IsOperator("&&") || token.IsOperator("||");

    private static IEnumerable<string> Candidates(Place place, FilterSubject? subject, string word) => place switch
    {
        Place.Subject => Subjects(word),
        Place.Operator => [.. OperatorsOf(subject!), .. s_connectives],
        Place.Value or Place.ListItem => subject!.Fields[0].Words ?? [],
        Place.OpeningOfList or Place.OpeningOfCidr => ["("],
        Place.Cidr => ["saddr, ", "daddr, ", "addr, "],
        Place.Connective => s_connectives,
        _ => [],
    };

    /// <summary>
    /// Names of fields. If only one is possible, it comes with the operators that can follow; otherwise the shell would think that the word
    /// is complete, and close its quotes.
    /// </summary>
    private static IEnumerable<string> Subjects(string word)
    {
        string[] names =
        [
            .. FilterSubject.Words.Concat(Fields.All.Select(f => f.Name))
                .Where(n => n.StartsWith(word, StringComparison.OrdinalIgnoreCase)),
        ];
        if (names is not [var only])
            return [.. names, "not ", "cidr("];
        FilterSubject subject = FilterSubject.TryFind(only)!;
        string[] alone = subject.Fields.Any(f => f.Applies is not null) ? [only] : [];
        return [.. alone, .. OperatorsOf(subject).Select(o => $"{only} {o}")];
    }

    private static string[] OperatorsOf(FilterSubject subject) =>
        subject.Fields[0].Number is not null ? s_forNumbers : subject.Fields[0].Address is not null ? s_forAddresses : s_forText;
}
