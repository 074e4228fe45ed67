using System.Text;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>A table on a page for people. On a terminal it fits: names are shortened, numbers never are.</summary>
/// <param name="headers">
/// Of each column. <c>&gt;</c> before it: numbers, at the right; <c>~</c>: names that may be shortened; <c>-</c>: may be left out.
/// </param>
internal sealed class PageTable(params string[] headers)
{
    private const int Indent = 2;
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
    /// <param name="text">Where to.</param>
    /// <param name="room">Columns of the terminal.</param>
    public void WriteTo(StringBuilder text, int room)
    {
        string[] titles = [.. headers.Select(h => h.TrimStart('>', '~', '-'))];
        int[] widths = [.. titles.Select((t, i) => Math.Max(t.Length, _rows.Max(r => LineWidth.Of(r[i]))))];
        IEnumerable<int> mayGo = Enumerable.Range(0, headers.Length).Where(i => headers[i][0] == '-').Reverse();
        widths = TableFit.Of(widths, room - Indent, 1, i => headers[i][0] == '~', mayGo);
        WriteRow(text, titles, widths);
        foreach ((string[] row, string note) in _rows.Zip(_notes))
        {
            WriteRow(text, row, widths);
            if (note.Length > 0)
                text.Append(' ', 2 * Indent).Append(LineWidth.Cut(note, room - 2 * Indent)).Append('\n');
        }
    }

    private void WriteRow(StringBuilder text, string[] cells, int[] widths)
    {
        var line = new StringBuilder().Append(' ', Indent);
        for (int i = 0; i < cells.Length; i++)
        {
            if (widths[i] == TableFit.LeftOut)
                continue;
            string cell = headers[i][0] == '~' ? LineWidth.Shorten(cells[i], widths[i]) : cells[i];
            int blanks = Math.Max(0, widths[i] - LineWidth.Of(cell));
            line.Append(i > 0 ? " " : "");
            if (headers[i].TrimStart('-')[0] == '>')
                line.Append(' ', blanks).Append(cell);
            else
                line.Append(cell).Append(' ', blanks);
        }
        text.Append(line.ToString().TrimEnd()).Append('\n');
    }
}
