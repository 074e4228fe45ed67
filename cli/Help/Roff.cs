using System.Text;
using System.Text.RegularExpressions;

namespace TcpTracer.Cli.Help;

/// <summary>
/// A manual page as text for troff(1), with the macros of man(7): only those that groff and mandoc both know. Whatever a text says, none of
/// it is taken for a request or an escape, and what is copied from the page is what was meant: an ASCII hyphen stays one.
/// </summary>
internal sealed partial class Roff
{
    private const int LongestLine = 78, WidestColumn = 28;

    private readonly StringBuilder _page = new();
    private bool _isAtBeginning; // of a section, where a paragraph begins by itself

    /// <summary>Begins a page.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="section">Of the manual.</param>
    /// <param name="volume">What that section holds.</param>
    public Roff(string name, int section, string volume)
    {
        _page.Append(".\\\" Made from the texts of `tcptracer help`: change those. CONTRIBUTING says how\n");
        string title = Escaped(name.ToUpperInvariant()), version = Escaped(ProgramVersion.NameAndVersion);
        _page.Append($".TH {title} {section} {ProgramVersion.Date} \"{version}\" \"{volume}\"\n");
        _page.Append(".nh\n.ad l\n"); // no word is broken, no gap is widened: commands stay as they are typed
    }

    /// <summary>Begins a section.</summary>
    public Roff Section(string title) => Begin($".SH {Escaped(title)}");

    /// <summary>Begins a part of a section.</summary>
    public Roff Part(string title) => Begin($".SS {Escaped(title)}");

    /// <summary>A paragraph. What stands between backticks is bold.</summary>
    public Roff Paragraph(string words) => MarkedParagraph(Marked(words));

    /// <summary>The line by which whatis(1) and apropos(1) know the page.</summary>
    public Roff NameLine(string name, string about) => Text($@"{Escaped(name)} \- {Escaped(about)}");

    /// <summary>A paragraph that is marked already, with <see cref="Bold"/> and <see cref="Italic"/>.</summary>
    public Roff MarkedParagraph(string marked) => (_isAtBeginning ? this : Line(".PP")).Text(marked);

    /// <summary>A term that is marked already, and what it means below it.</summary>
    public Roff Entry(string marked, string meaning) =>
        meaning.Length == 0 ? MarkedParagraph(marked) : Line(".TP").Text(marked, isWhole: true).Text(Marked(meaning));

    /// <summary>Terms and meanings side by side.</summary>
    public Roff Table(IReadOnlyCollection<HelpText.Row> rows)
    {
        int column = rows.Select(r => r.Term.Length).Where(l => l <= WidestColumn).DefaultIfEmpty(WidestColumn).Max() + 2;
        bool isFirst = true;
        foreach (HelpText.Row row in rows)
        {
            // A tag without a text would take the next tag for one
            if (row.Meaning.Length > 0)
                Line($".TP {column}n").Text(Bold(row.Term), isWhole: true).Text(Marked(row.Meaning));
            else
                MarkedParagraph(Bold(row.Term));
            if (isFirst && rows.Count > 1)
                Line(".PD 0");
            isFirst = false;
        }
        return rows.Count > 1 ? Line(".PD") : this;
    }

    /// <summary>Command lines, each with what it is for.</summary>
    public Roff Examples(IEnumerable<HelpText.Row> rows)
    {
        foreach (HelpText.Row row in rows)
            Entry(Bold(row.Term), row.Meaning);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _page.ToString();

    /// <summary>Literal text.</summary>
    public static string Bold(string text) => $@"\fB{Escaped(text)}\fR";

    /// <summary>What stands for something else.</summary>
    public static string Italic(string text) => $@"\fI{Escaped(text)}\fR";

    private static string Marked(string words) =>
        string.Concat(Code().Split(words).Select((part, i) => i % 2 == 0 ? Escaped(part) : Bold(part)));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '\\' => @"\e",
                '-' => @"\-",
                '\'' => @"\(aq",
                '`' => @"\(ga",
                '^' => @"\(ha",
                '~' => @"\(ti",
                '"' => @"\(dq",
                > 126 => $@"\[u{rune.Value:X4}]",
                _ => rune.ToString(),
            });
        }
        return escaped.ToString();
    }

    private Roff Begin(string line)
    {
        Line(line);
        _isAtBeginning = true;
        return this;
    }

    private Roff Line(string line)
    {
        _page.Append(line).Append('\n');
        _isAtBeginning = false;
        return this;
    }

    /// <summary>Lines of text, broken for whoever reads the source; whole: one line.</summary>
    private Roff Text(string marked, bool isWhole = false)
    {
        var line = new StringBuilder();
        foreach (string word in marked.Split(' '))
        {
            if (!isWhole && line.Length > 0 && line.Length + 1 + word.Length > LongestLine)
            {
                Line(Safe(line.ToString()));
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        return Line(Safe(line.ToString()));
    }

    /// <summary>
    /// A line that begins with a dot would be a request (a quote, which begins one as well, is escaped already), and one that ends with a
    /// dot would be followed by two blanks.
    /// </summary>
    private static string Safe(string line) => (line.StartsWith('.') ? @"\&" : "") + line + (line.EndsWith('.') ? @"\&" : "");
}
