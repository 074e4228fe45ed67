using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Pipeline.Expressions;

/// <summary>Whether an event is wanted.</summary>
public delegate bool EventPredicate(in TcpEvent e);

/// <summary>
/// The language of <c>--filter</c>: comparisons of fields, joined by <c>and</c>, <c>or</c>, <c>not</c> and parentheses.
/// <code>
/// expression = and-part { ("or" | "||") and-part }
/// and-part   = term { ("and" | "&amp;&amp;") term }
/// term       = ("not" | "!") term | "(" expression ")" | "cidr" "(" field "," block { "," block } ")"
///            | field [ operator value | "in" "(" value { "," value } ")" ]
/// operator   = "==" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" | "=~" | "!~"
/// </code>
/// A field that does not apply to an event equals nothing, so <c>!=</c> is always the opposite of <c>==</c>; a field alone asks whether it
/// applies.
/// </summary>
public static class FilterExpression
{
    /// <summary>Compiles once, to delegates. The result is for one thread at a time.</summary>
    /// <exception cref="SelectionException">It cannot be understood; the message says at which character.</exception>
    public static EventPredicate Compile(string text) => new FilterParser(FilterLexer.Read(text)).Parse();
}
