using System.Text;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Text;

namespace TcpTracer.Cli.Handlers;

/// <summary>Rows of clean texts in columns, two blanks apart. The first row is the header.</summary>
internal static class PlainTable
{
    private const int Gap = 2, WidestColumn = 128; // one long name does not pad all others

    /// <summary>The lines of the table. On a terminal they fit its width.</summary>
    /// <param name="rows">The header, and the rows.</param>
    /// <param name="names">So many columns at the left are names, which may be shortened.</param>
    /// <param name="leastFirst">The headers of columns that may be left out, the least important first.</param>
    public static string Of(string[][] rows, int names = 0, params string[] leastFirst)
    {
        int[] widths = [.. rows[0].Select((_, i) => Math.Min(WidestColumn, rows.Max(r => r[i].Length)))];
        int room = Terminal.OutputWidth ?? TableFit.Unlimited;
        IEnumerable<int> mayGo = leastFirst.Select(h => Array.IndexOf(rows[0], h)).Where(i => i >= 0);
        widths = TableFit.Of(widths, room, Gap, i => i < names, mayGo);
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            IEnumerable<int> shown = Enumerable.Range(0, row.Length).Where(i => widths[i] != TableFit.LeftOut);
            string Cell(int i) => i < names && widths[i] < WidestColumn ? LineWidth.Shorten(row[i], widths[i]) : row[i];
            text.Append(string.Join(new string(' ', Gap), shown.Select(i => Cell(i).PadRight(widths[i]))).TrimEnd()).Append('\n');
        }
        return text.ToString();
    }
}
