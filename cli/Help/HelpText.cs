using System.Text;
using System.Text.RegularExpressions;

namespace TcpTracer.Cli.Help;

/// <summary>
/// Fits help to the width of a terminal. The text that it takes is plain, and looks much like the result:
/// <list type="bullet">
/// <item>lines that begin at the margin are prose; an empty line ends a paragraph;</item>
/// <item>a line in capitals is a heading;</item>
/// <item>a line with two blanks in front is a row: a term, at least two blanks, its meaning. Rows one after the other form a table;</item>
/// <item>a line with more than four blanks in front continues the meaning above it.</item>
/// </list>
/// </summary>
internal static partial class HelpText
{
    /// <summary>In front of a row.</summary>
    public const string Indent = "  ";

    private const int NarrowestMeaning = 30, HangingIndent = 6;

    /// <summary>One line of a table.</summary>
    /// <param name="Term">An option, an operator, a command line. It is never broken, so that it can be copied.</param>
    /// <param name="Meaning">What it does; empty: the term says it all.</param>
    public readonly record struct Row(string Term, string Meaning);

    /// <summary>A whole text, as <see cref="HelpText"/> describes it.</summary>
    public static string Fit(string text, int width) => string.Concat(HelpBlock.Of(text).Select(block => block switch
    {
        HelpBlock.Heading heading => heading.Words + "\n",
        HelpBlock.Prose prose => Prose(prose.Words, width),
        HelpBlock.Table table => Table(table.Rows, width),
        _ => "\n",
    }));

    /// <summary>Rows that are written below each other, as in <see cref="Fit"/>.</summary>
    public static IEnumerable<Row> Rows(string text) =>
        text.Split('\n').Where(l => l.StartsWith(Indent, StringComparison.Ordinal)).Select(RowOf);

    /// <summary>Rows with their meanings in one column. If a term is too long, its meaning stands below it.</summary>
    /// <param name="rows">At least one, or nothing is written.</param>
    /// <param name="width">Of the terminal.</param>
    /// <param name="terms">Width of the column of terms; null: that of the longest term that leaves room for meanings.</param>
    public static string Table(IReadOnlyCollection<Row> rows, int width, int? terms = null)
    {
        int room = width - NarrowestMeaning - 2 * Indent.Length;
        int column = terms is { } given && given <= room ? given
            : rows.Select(r => r.Term.Length).Where(l => l <= room).DefaultIfEmpty(0).Max();
        var table = new StringBuilder();
        foreach (Row row in rows)
        {
            bool isLong = row.Term.Length > column;
            string hanging = new(' ', column == 0 ? HangingIndent : column + 2 * Indent.Length);
            string[] meaning = [.. Lines(row.Meaning, width - hanging.Length)];
            table.Append(Indent).Append(row.Term);
            if (meaning.Length > 0 && !isLong)
                table.Append(' ', column - row.Term.Length).Append(Indent).Append(meaning[0]);
            table.Append('\n');
            foreach (string more in isLong ? meaning : meaning.Skip(1))
                table.Append(hanging).Append(more).Append('\n');
        }
        return table.ToString();
    }

    /// <summary>A paragraph.</summary>
    public static string Prose(string words, int width) => string.Concat(Lines(words, width).Select(l => l + "\n"));

    private static IEnumerable<string> Lines(string words, int width)
    {
        var line = new StringBuilder();
        foreach (string word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        if (line.Length > 0)
            yield return line.ToString();
    }

    /// <summary>A line as a row.</summary>
    public static Row RowOf(string line)
    {
        Match match = TermAndMeaning().Match(line);
        return new Row(match.Groups["term"].Value, match.Groups["meaning"].Value);
    }

    [GeneratedRegex("^ +(?<term>.*?)(?:  +(?<meaning>.*))?$")]
    private static partial Regex TermAndMeaning();
}
