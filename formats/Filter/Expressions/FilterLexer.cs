using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>
/// Splits a filter expression into tokens. There are no escapes in quotes, because values are compared with what columns show.
/// </summary>
internal static class FilterLexer
{
    private const string OperatorCharacters = "=!<>~&|";

    /// <summary>
    /// The characters that end a word. All others may be in one, so that addresses, names of pods and most patterns need no quotes.
    /// </summary>
    private const string WordEnds = "()," + "'\"" + OperatorCharacters;

    /// <summary>Reads all tokens; the last one is <see cref="FilterTokenKind.End"/>.</summary>
    /// <exception cref="SelectionException">A quote is not closed.</exception>
    public static List<FilterToken> Read(string text)
    {
        var tokens = new List<FilterToken>();
        int at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }
            FilterToken token = ReadOne(text, at, out int end);
            tokens.Add(token);
            at = end;
        }
        tokens.Add(new FilterToken(FilterTokenKind.End, "", text.Length + 1));
        return tokens;
    }

    private static FilterToken ReadOne(string text, int start, out int end)
    {
        end = start + 1;
        switch (text[start])
        {
            case '(':
                return new FilterToken(FilterTokenKind.Open, "(", start + 1);
            case ')':
                return new FilterToken(FilterTokenKind.Close, ")", start + 1);
            case ',':
                return new FilterToken(FilterTokenKind.Comma, ",", start + 1);
            case '\'' or '"':
                int close = text.IndexOf(text[start], end);
                if (close < 0)
                    throw new SelectionException($"the quote at character {start + 1} is not closed");
                end = close + 1;
                return new FilterToken(FilterTokenKind.Quoted, text[(start + 1)..close], start + 1);
            case '!' when end == text.Length || text[end] is not ('=' or '~'):
                return new FilterToken(FilterTokenKind.Operator, "!", start + 1);
        }
        bool isOperator = OperatorCharacters.Contains(text[start]);
        bool IsMore(char c) => isOperator ? OperatorCharacters.Contains(c) : !WordEnds.Contains(c) && !char.IsWhiteSpace(c);
        while (end < text.Length && IsMore(text[end]))
            end++;
        return new FilterToken(isOperator ? FilterTokenKind.Operator : FilterTokenKind.Word, text[start..end], start + 1);
    }
}
