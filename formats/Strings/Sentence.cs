using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace TcpTracer.Formats.Strings;

/// <summary>
/// One line of text for people, made by interpolation. The literal parts are the program's own and stay as they are. Every inserted text is
/// cleaned as <see cref="SafeText"/> does it, because it may come from anywhere: a name, an argument, an answer, an exception. An inserted
/// sentence is clean already. Code that prints for people takes only this type, so that no place can forget to clean.
/// </summary>
[InterpolatedStringHandler]
public sealed class Sentence
{
    private readonly StringBuilder _text;

    /// <summary>The compiler calls this for <c>Sentence s = $"..."</c>.</summary>
    public Sentence(int literalLength, int formattedCount)
    {
        const int roomForOne = 16;
        _text = new StringBuilder(literalLength + formattedCount * roomForOne);
    }

    private Sentence(string clean) => _text = new StringBuilder(clean);

    /// <summary>The empty sentence.</summary>
    public static Sentence None { get; } = new("");

    /// <summary>Whether the sentence has no text.</summary>
    public bool IsEmpty => _text.Length == 0;

    /// <summary>Makes a sentence of any text, which is cleaned.</summary>
    public static implicit operator Sentence(string words) => new(Clean(words));

    /// <summary>The name of a file, written so that it can be pasted into a shell.</summary>
    public static Sentence File(string name) => new(ShellWord.OfFile(name));

    /// <summary>A command line, written so that it can be pasted into a shell.</summary>
    public static Sentence Command(IEnumerable<string> words) => new(string.Join(' ', words.Select(ShellWord.Of)));

    /// <summary>
    /// Makes a sentence of text that <see cref="SafeText"/> or <see cref="ShellWord"/> has made. Cleaning it once more
    /// would escape its escapes.
    /// </summary>
    public static Sentence AlreadyClean(string text) => new(text);

    /// <summary>The same sentence. It is for places where the compiler would make a string of an interpolation.</summary>
    public static Sentence Of(Sentence sentence) => sentence;

    /// <summary>Joins sentences.</summary>
    /// <param name="between">The program's own text between two of them.</param>
    /// <param name="sentences">The sentences, in order.</param>
    public static Sentence Join(string between, IEnumerable<Sentence> sentences) => new(string.Join(between, sentences));

    /// <summary>The text with escapes for all characters that a terminal obeys or does not show.</summary>
    public static string Clean(string words) => Encoding.UTF8.GetString(new SafeText(FileNames.ToBytes(words)).Text);

    /// <summary>The compiler calls this for the program's own text, which stays as it is.</summary>
    public void AppendLiteral(string text) => _text.Append(text);

    /// <summary>The compiler calls this for an inserted text, which is cleaned.</summary>
    public void AppendFormatted(string? words)
    {
        if (words is not null)
            _text.Append(Clean(words));
    }

    /// <summary>The compiler calls this for an inserted sentence, which stays as it is.</summary>
    public void AppendFormatted(Sentence? sentence) => _text.Append(sentence?._text);

    /// <summary>The compiler calls this for any other inserted value: a number or a word of ours. Its text is cleaned, too.</summary>
    public void AppendFormatted<T>(T value) => AppendFormatted(value, null);

    /// <summary>The compiler calls this for an inserted value with a format.</summary>
    public void AppendFormatted<T>(T value, string? format) =>
        AppendFormatted(value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString());

    /// <summary>The text, clean.</summary>
    public override string ToString() => _text.ToString();
}
