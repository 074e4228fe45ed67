using TcpTracer.Formats.Text;

namespace TcpTracer.Cli.Screens;

/// <summary>What <c>top</c> says of its keys.</summary>
internal static class TopKeys
{
    /// <summary>Stands where rows would be, if none has the text that is looked for.</summary>
    public const string NothingFound = "nothing has this text in its name: Esc shows all rows";

    /// <summary>What stands in place of the rows while the keys are explained.</summary>
    public static IReadOnlyList<string> Page { get; } =
    [
        "",
        "  q            leave",
        "  space        stop the time, or let it go on",
        "  left, right  the slice of time before, or after",
        "  PgUp, PgDn   ten slices before, or after",
        "  Home, End    the first slice, or the last",
        "  a            from one slice to all of the time, and back",
        "  b            what rows are: command, workload, destination",
        "  s, S         sort by the next column, or the one before",
        "  r            turn the order round",
        "  /            only rows with a text in their names; Esc: all rows",
        "  up, down     scroll",
        "  ?, h         these keys; the next key goes back to the rows",
    ];

    /// <summary>The last line: as many keys as fit. While a text is typed, other keys do nothing else.</summary>
    public static string Line(TopState state, string before, int width)
    {
        if (state.IsHelp)
            return "any key: back to the rows";
        if (state.IsTyping)
            return LineWidth.Cut($"find: {state.Find}_   Enter keeps it  Esc shows all rows", width);
        string[] keys =
        [
            "q quit", "? keys", "/ find", "s sort", "b rows", state.IsWhole ? "a one slice" : "a all", "space pause/play", "arrows time",
            "r reverse",
        ];
        string line = before;
        foreach (string key in keys)
        {
            if (LineWidth.Of(line) + key.Length > width)
                break;
            line += key + "  ";
        }
        return line.TrimEnd();
    }
}
