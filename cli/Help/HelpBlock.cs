namespace TcpTracer.Cli.Help;

/// <summary>A part of a text as <see cref="HelpText"/> describes it.</summary>
internal abstract record HelpBlock
{
    private const int Continued = 4;

    /// <summary>A line in capitals.</summary>
    public sealed record Heading(string Words) : HelpBlock;

    /// <summary>A paragraph.</summary>
    public sealed record Prose(string Words) : HelpBlock;

    /// <summary>Rows one below the other.</summary>
    public sealed record Table(IReadOnlyList<HelpText.Row> Rows) : HelpBlock;

    /// <summary>An empty line.</summary>
    public sealed record Gap : HelpBlock;

    /// <summary>Takes a text apart.</summary>
    public static IEnumerable<HelpBlock> Of(string text)
    {
        var prose = new List<string>();
        var rows = new List<HelpText.Row>();
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            int blanks = line.TakeWhile(c => c == ' ').Count();
            bool isRow = blanks == HelpText.Indent.Length;
            if (blanks > Continued && rows.Count > 0)
            {
                rows[^1] = rows[^1] with { Meaning = $"{rows[^1].Meaning} {line.Trim()}".Trim() };
                continue;
            }
            if (isRow != rows.Count > 0 || line.Length == 0 || IsHeading(line))
            {
                foreach (HelpBlock block in Ended(prose, rows))
                    yield return block;
            }
            if (isRow)
                rows.Add(HelpText.RowOf(line));
            else if (line.Length == 0)
                yield return new Gap();
            else if (IsHeading(line))
                yield return new Heading(line);
            else
                prose.Add(line);
        }
        foreach (HelpBlock block in Ended(prose, rows))
            yield return block;
    }

    private static IEnumerable<HelpBlock> Ended(List<string> prose, List<HelpText.Row> rows)
    {
        if (prose.Count > 0)
            yield return new Prose(string.Join(' ', prose));
        if (rows.Count > 0)
            yield return new Table([.. rows]);
        prose.Clear();
        rows.Clear();
    }

    private static bool IsHeading(string line) => line.Length > 0 && line.All(c => char.IsAsciiLetterUpper(c) || c == ' ');
}
