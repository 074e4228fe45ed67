using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>One of the conditions that an expression joins by <c>and</c>.</summary>
/// <param name="Text">The condition, as it was written.</param>
/// <param name="Matches">The condition, compiled.</param>
public sealed record FilterPart(string Text, EventPredicate Matches)
{
    /// <summary>The fields of a comparison; empty: it is none, or a condition made of several.</summary>
    public IReadOnlyList<Field> Fields { get; private init; } = [];

    /// <summary>The operator of a comparison.</summary>
    public string Operator { get; private init; } = "";

    /// <summary>The values of a comparison: several with <c>in</c>.</summary>
    public IReadOnlyList<string> Values { get; private init; } = [];

    /// <summary>Takes an expression apart. If it joins anything by <c>or</c> at the top, it is one part.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="option">The option that it comes from, for error messages.</param>
    /// <param name="userNumber">Finds the uid of a user name.</param>
    /// <exception cref="SelectionException">The expression cannot be understood.</exception>
    public static IReadOnlyList<FilterPart> Split(string expression, string option, Func<string, uint?>? userNumber)
    {
        _ = FilterExpression.Compile(expression, option, userNumber); // reports a mistake at its place in the whole
        List<FilterToken> tokens = FilterLexer.Read(expression);
        List<int> joints = [];
        int depth = 0;
        for (int i = 0; i < tokens.Count; i++)
        {
            FilterToken token = tokens[i];
            depth += token.Kind == FilterTokenKind.Open ? 1 : token.Kind == FilterTokenKind.Close ? -1 : 0;
            if (depth > 0 || IsValue(tokens, i))
                continue;
            if (token.IsWord("or") || token.IsOperator("||"))
                return [Of(expression, tokens[..^1], option, userNumber)];
            if (token.IsWord("and") || token.IsOperator("&&"))
                joints.Add(i);
        }
        var parts = new List<FilterPart>();
        int first = 0;
        foreach (int end in joints.Append(tokens.Count - 1))
        {
            string text = expression[(tokens[first].Position - 1)..(tokens[end].Position - 1)].Trim();
            parts.Add(Of(text, tokens[first..end], option, userNumber));
            first = end + 1;
        }
        return parts;
    }

    /// <summary>Whether a word is what something is compared with, as in <c>comm == and</c>.</summary>
    private static bool IsValue(List<FilterToken> tokens, int at) => at > 0 && tokens[at - 1] is { Kind: FilterTokenKind.Operator } before
        && !before.IsOperator("!") && !before.IsOperator("&&") && !before.IsOperator("||");

    private static FilterPart Of(string text, List<FilterToken> tokens, string option, Func<string, uint?>? userNumber)
    {
        var part = new FilterPart(text, FilterExpression.Compile(text, option, userNumber));
        if (tokens is not [{ Kind: FilterTokenKind.Word } name, var symbol, ..] || FilterSubject.TryFind(name.Text) is not { } subject)
            return part;
        bool isList = symbol.IsWord("in"), isComparison = symbol.Kind == FilterTokenKind.Operator && tokens.Count == 3;
        if (!isList && !isComparison)
            return part;
        IEnumerable<FilterToken> values = tokens.Skip(2).Where(t => t.Kind is FilterTokenKind.Word or FilterTokenKind.Quoted);
        return part with { Fields = subject.Fields, Operator = symbol.Text, Values = [.. values.Select(v => v.Text)] };
    }
}
