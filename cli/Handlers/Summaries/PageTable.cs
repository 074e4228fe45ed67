using System.Text;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>A table on a page for people, at most <see cref="PageColumns"/> wide: long names are cut, numbers never are.</summary>
/// <param name="headers">Of each column. <c>&gt;</c> before it: numbers, at the right; <c>~</c>: names that may be cut.</param>
internal sealed class PageTable(params string[] headers)
{
    /// <summary>How wide a page is.</summary>
    public const int PageColumns = 100;

    private const int Indent = 2, NarrowestName = 12;
    private readonly List<string[]> _rows = [];
    private readonly List<string> _notes = []; // a line under each row; empty: none

    /// <summary>Adds a row.</summary>
    public void Add(params Sentence[] cells) => AddNoted(Sentence.None, cells);

    /// <summary>Adds a row with a line under it.</summary>
    public void AddNoted(Sentence note, params Sentence[] cells)
    {
        _rows.Add([.. cells.Select(c => c.ToString())]);
        _notes.Add(note.ToString());
    }

    /// <summary>Writes it.</summary>
    public void WriteTo(StringBuilder text)
    {
        string[] titles = [.. headers.Select(h => h.TrimStart('>', '~'))];
        int[] widths = [.. titles.Select((t, i) => Math.Max(t.Length, _rows.Max(r => LineWidth.Of(r[i]))))];
        while (Indent + widths.Sum() + widths.Length - 1 > PageColumns)
        {
            int widest = Enumerable.Range(0, widths.Length).Where(i => headers[i][0] == '~').MaxBy(i => widths[i]);
            if (headers[widest][0] != '~' || widths[widest] <= NarrowestName)
                break;
            widths[widest]--;
        }
        WriteRow(text, titles, widths);
        foreach ((string[] row, string note) in _rows.Zip(_notes))
        {
            WriteRow(text, row, widths);
            if (note.Length > 0)
                text.Append(' ', 2 * Indent).Append(LineWidth.Cut(note, PageColumns - 2 * Indent)).Append('\n');
        }
    }

    private void WriteRow(StringBuilder text, string[] cells, int[] widths)
    {
        var line = new StringBuilder().Append(' ', Indent);
        for (int i = 0; i < cells.Length; i++)
        {
            string cell = headers[i][0] == '~' ? LineWidth.Cut(cells[i], widths[i]) : cells[i];
            int blanks = Math.Max(0, widths[i] - LineWidth.Of(cell));
            line.Append(i > 0 ? " " : "");
            if (headers[i][0] == '>')
                line.Append(' ', blanks).Append(cell);
            else
                line.Append(cell).Append(' ', blanks);
        }
        text.Append(line.ToString().TrimEnd()).Append('\n');
    }
}
