using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>Whether an event is selected.</summary>
public delegate bool EventPredicate(in TcpEvent e);

/// <summary>
/// The language of <c>--filter</c>: comparisons of fields, joined by <c>and</c>, <c>or</c>, <c>not</c> and parentheses.
/// <code>
/// expression = and-part { ("or" | "||") and-part }
/// and-part   = term { ("and" | "&amp;&amp;") term }
/// term       = ("not" | "!") term | "(" expression ")" | "cidr" "(" subject "," block { "," block } ")"
///            | subject [ operator value | "in" "(" value { "," value } ")" ]
/// subject    = field | "port" | "addr" | "failed"
/// operator   = "==" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" | "=~" | "!~"
/// </code>
/// A field that does not apply to an event equals nothing, so <c>!=</c> is always the opposite of <c>==</c>. A field alone asks whether it
/// applies. <c>port</c> and <c>addr</c> mean either end, like the options of these names.
/// </summary>
public static class FilterExpression
{
    /// <summary>Compiles an expression to a delegate, which several threads may call.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="option">The option that it comes from, for error messages.</param>
    /// <param name="userNumber">Finds the uid of a user name; null: user names cannot be used.</param>
    /// <exception cref="SelectionException">The expression cannot be understood; the message says at which character.</exception>
    public static EventPredicate Compile(string text, string option = "--filter", Func<string, uint?>? userNumber = null) =>
        Compile(text, option, userNumber, out _);

    /// <summary>Compiles an expression, and tells which operations it names.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="option">The option that it comes from, for error messages.</param>
    /// <param name="userNumber">Finds the uid of a user name; null: user names cannot be used.</param>
    /// <param name="named">The operations that it names, by name or letter. They are then shown even if they are usually hidden.</param>
    /// <exception cref="SelectionException">The expression cannot be understood; the message says at which character.</exception>
    public static EventPredicate Compile(
        string text, string option, Func<string, uint?>? userNumber, out IReadOnlyCollection<Operation> named)
    {
        try
        {
            var parser = new FilterParser(FilterLexer.Read(text), userNumber ?? (_ => null));
            EventPredicate expression = parser.Parse();
            named = parser.Named;
            return expression;
        }
        catch (SelectionException e)
        {
            throw new SelectionException($"{option}: {e.Sentence}");
        }
    }
}
