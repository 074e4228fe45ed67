using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace TcpTracer.Formats.Words;

/// <summary>
/// What is said to people, in one line. It is made by interpolation: what stands in the program's text is taken as it is, and every text in
/// braces is cleaned as <see cref="SafeText"/> does it, wherever it comes from: a name, an argument, an answer, an exception. A sentence
/// within a sentence is clean already. Whatever prints for people takes only this, so that no place can forget to clean.
/// </summary>
[InterpolatedStringHandler]
public sealed class Sentence
{
    private readonly StringBuilder _text;

    /// <summary>For the compiler: <c>Sentence s = $"..."</c>.</summary>
    public Sentence(int literalLength, int formattedCount)
    {
        const int roomForOne = 16;
        _text = new StringBuilder(literalLength + formattedCount * roomForOne);
    }

    private Sentence(string clean) => _text = new StringBuilder(clean);

    /// <summary>Nothing.</summary>
    public static Sentence None { get; } = new("");

    /// <summary>Whether it says anything.</summary>
    public bool IsEmpty => _text.Length == 0;

    /// <summary>Any words, cleaned.</summary>
    public static implicit operator Sentence(string words) => new(Clean(words));

    /// <summary>The name of a file, as it is typed into a shell.</summary>
    public static Sentence File(string name) => new(ShellWord.OfFile(name));

    /// <summary>A command line, as it is typed into a shell.</summary>
    public static Sentence Command(IEnumerable<string> words) => new(string.Join(' ', words.Select(ShellWord.Of)));

    /// <summary>
    /// What <see cref="SafeText"/> or <see cref="ShellWord"/> has made: to clean it once more would take its escapes for a stranger's.
    /// </summary>
    public static Sentence AlreadyClean(string text) => new(text);

    /// <summary>Makes the type of an interpolation plain, where the compiler would choose a string.</summary>
    public static Sentence Of(Sentence sentence) => sentence;

    /// <summary>Several, with something between them.</summary>
    public static Sentence Join(string between, IEnumerable<Sentence> sentences) => new(string.Join(between, sentences));

    /// <summary>Text without anything in it that a terminal obeys or does not show.</summary>
    public static string Clean(string words) => Encoding.UTF8.GetString(new SafeText(FileNames.ToBytes(words)).Text);

    /// <summary>The program's own text.</summary>
    public void AppendLiteral(string text) => _text.Append(text);

    /// <summary>A text.</summary>
    public void AppendFormatted(string? words)
    {
        if (words is not null)
            _text.Append(Clean(words));
    }

    /// <summary>A sentence.</summary>
    public void AppendFormatted(Sentence? sentence) => _text.Append(sentence?._text);

    /// <summary>A number, a word of a closed vocabulary, or anything else.</summary>
    public void AppendFormatted<T>(T value) => AppendFormatted(value, null);

    /// <summary>The same in a format.</summary>
    public void AppendFormatted<T>(T value, string? format) =>
        AppendFormatted(value is IFormattable formattable ? formattable.ToString(format, CultureInfo.InvariantCulture) : value?.ToString());

    /// <summary>The clean text.</summary>
    public override string ToString() => _text.ToString();
}
