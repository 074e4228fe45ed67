using System.Text;
using System.Text.RegularExpressions;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>Compares the text of a field, as columns show it. It allocates nothing for an event.</summary>
internal static class TextMatch
{
    // One for each thread: several threads filter the blocks of a trace with the same expression
    [ThreadStatic]
    private static TextBuffer? s_text;

    [ThreadStatic]
    private static char[]? s_characters;

    public static EventPredicate Exactly(Field field, FilterToken value)
    {
        if (field.Words is { } words && !words.Contains(value.Text))
        {
            throw new SelectionException(
                $"at character {value.Position} a value of {field.Name} is expected, not {value.Quote}{Hint(value, words)}");
        }
        byte[] wanted = Encoding.UTF8.GetBytes(value.Text);
        return Of(field, text => text.SequenceEqual(wanted));
    }

    /// <summary>A predicate that holds if a regular expression matches anywhere in the text. The text of a number is its digits.</summary>
    public static EventPredicate Pattern(Field field, FilterToken value)
    {
        Regex regex = Compile(value);
        return Of(field, text =>
        {
            char[] characters = s_characters is { } enough && enough.Length >= text.Length
                ? enough
                : s_characters = new char[Math.Max(256, text.Length * 2)];
            int length = Encoding.UTF8.GetChars(text, characters);
            return regex.IsMatch(characters.AsSpan(0, length));
        });
    }

    private static EventPredicate Of(Field field, TextCondition matches)
    {
        if (field.Scope == FieldScope.Local)
            return new LongTexts(field.Text, matches).Holds;
        FieldWriter write = field.Text;
        return (in TcpEvent e) =>
        {
            TextBuffer text = s_text ??= new TextBuffer(256);
            text.Clear();
            write(text, in e);
            return matches(text.Written);
        };
    }

    private static Regex Compile(FilterToken value)
    {
        try
        {
            return new Regex(value.Text, RegexOptions.CultureInvariant);
        }
        catch (RegexParseException e)
        {
            throw new SelectionException($"{value.Quote} at character {value.Position} is not a regular expression: "
                + $"{e.Error} at its character {e.Offset}");
        }
    }

    private static string Hint(FilterToken value, IReadOnlyList<string> words)
    {
        const int fewEnoughToList = 10;
        string near = NearestName.Of(value.Text, words) is { } name ? $"; did you mean '{name}'?" : "";
        return words.Count > fewEnoughToList ? near : $"{near} (known: {string.Join(", ", words)})";
    }
}
