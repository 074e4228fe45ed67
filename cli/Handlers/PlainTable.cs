using System.Text;

namespace TcpTracer.Cli.Handlers;

/// <summary>Rows of clean texts in columns, two blanks apart. The first row is the header.</summary>
internal static class PlainTable
{
    private const int WidestColumn = 128; // one long name does not pad all others

    /// <summary>The lines of the table.</summary>
    public static string Of(string[][] rows)
    {
        int[] widths = [.. rows[0].Select((_, i) => Math.Min(WidestColumn, rows.Max(r => r[i].Length)))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
            text.Append(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd()).Append('\n');
        return text.ToString();
    }
}
