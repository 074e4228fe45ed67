namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>The options by which a recording selected events, found in the command line that its header has.</summary>
internal static class RecordedSelection
{
    private static readonly string[] s_withValue =
    [
        "--namespace", "-n", "--podname", "-p", "--containername", "-c", "--selector", "-l", "--node", "--pid", "--uid", "--comm", "--addr",
        "--port", "--op", "--filter", "-F", "--netns", "--count",
    ];

    private static readonly string[] s_alone = ["--failed"];

    /// <summary>These options with their values; empty: the recording kept everything.</summary>
    public static string[] Of(IReadOnlyList<string> commandLine)
    {
        var selected = new List<string>();
        for (int i = 0; i < commandLine.Count; i++)
        {
            string word = commandLine[i];
            if (word == "--")
            {
                selected.AddRange(commandLine.Skip(i)); // only this command was recorded
                break;
            }
            if (s_alone.Contains(word) || s_withValue.Any(o => word.StartsWith(o + "=", StringComparison.Ordinal)))
                selected.Add(word);
            else if (s_withValue.Contains(word))
                selected.AddRange(commandLine.Skip(i++).Take(2));
        }
        return [.. selected];
    }
}
