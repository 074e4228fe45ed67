using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>Cuts a filter expression into tokens. Quotes take everything as it is: what is compared is what the columns show.</summary>
internal static class FilterLexer
{
    private const string OperatorCharacters = "=!<>~&|";

    /// <summary>What ends a word. All else may stand in one, so that addresses, pod names and most patterns need no quotes.</summary>
    private const string WordEnds = "()," + "'\"" + OperatorCharacters;

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
        while (end < text.Length && (isOperator ? OperatorCharacters.Contains(text[end]) : !WordEnds.Contains(text[end]) && !char.IsWhiteSpace(text[end])))
            end++;
        return new FilterToken(isOperator ? FilterTokenKind.Operator : FilterTokenKind.Word, text[start..end], start + 1);
    }
}
