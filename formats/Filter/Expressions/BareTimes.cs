using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>
/// Finds lengths of time without a unit in a filter: <c>latency > 500</c> means nanoseconds, which hardly anybody wants. The names
/// with <c>_ns</c> say so themselves.
/// </summary>
public static class BareTimes
{
    /// <summary>The first such comparison: its field as it was written, and its number. null: there is none.</summary>
    public static (string Field, string Number)? FirstIn(string expression)
    {
        try
        {
            List<FilterToken> tokens = FilterLexer.Read(expression);
            for (int i = 0; i + 2 < tokens.Count; i++)
            {
                if (tokens[i].Kind == FilterTokenKind.Word && tokens[i + 1].Kind == FilterTokenKind.Operator
                    && tokens[i + 2].Kind == FilterTokenKind.Word && IsLength(tokens[i].Text)
                    && Quantity.TryNumber(tokens[i + 2].Text) is > 0)
                    return (tokens[i].Text, tokens[i + 2].Text);
            }
        }
        catch (SelectionException)
        {
            // whoever compiles the filter says what is wrong with it
        }
        return null;
    }

    private static bool IsLength(string name) => Fields.TryFind(name) is { Unit: "ns", Number: not null }
        && !name.EndsWith("_ns", StringComparison.OrdinalIgnoreCase);
}
