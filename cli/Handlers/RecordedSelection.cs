using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers;

/// <summary>The options by which a recording selected events, found in the command line that its header has.</summary>
internal static class RecordedSelection
{
    private static readonly string[] s_withValue =
    [
        "--namespace", "-n", "--podname", "-p", "--containername", "-c", "--selector", "-l", "--node", "--pid", "--uid", "--comm", "--addr",
        "--port", "--op", "--filter", "-F", "--netns", "--count",
    ];

    private static readonly string[] s_alone = ["--failed"];

    /// <summary>What a trace does not have because it was selected away: when it was recorded, and when it was copied.</summary>
    public static IEnumerable<Sentence> Sentences(string file, TraceHeader header)
    {
        foreach ((Sentence name, TraceHeader recording) in Recordings(file, header))
        {
            foreach (Sentence sentence in OfRecording(name, recording))
                yield return sentence;
        }
    }

    /// <summary>The recordings in a file, with the names of them.</summary>
    public static IEnumerable<(Sentence Name, TraceHeader Header)> Recordings(string file, TraceHeader header)
    {
        Sentence name = Messages.Input(file);
        yield return (name, header);
        foreach ((int number, MergedSource source) in header.Merged.Index())
            yield return ($"{name}, trace {number + 1} of {header.Merged.Count} in it", source.Header);
    }

    private static readonly Dictionary<string, string> s_longNames = new()
    {
        ["-n"] = "--namespace", ["-p"] = "--podname", ["-c"] = "--containername", ["-l"] = "--selector", ["-F"] = "--filter",
    };

    /// <summary>The options that selected, by their long names, with their values.</summary>
    public static IEnumerable<(string Option, string Value)> OptionsOf(IReadOnlyList<string> commandLine)
    {
        string[] words = [.. Of(commandLine).TakeWhile(w => w != "--")];
        for (int i = 0; i < words.Length; i++)
        {
            string[] parts = words[i].Split('=', 2);
            bool hasNext = parts.Length == 1 && !s_alone.Contains(words[i]) && i + 1 < words.Length;
            string value = parts.Length == 2 ? parts[1] : hasNext ? words[++i] : "";
            yield return (s_longNames.GetValueOrDefault(parts[0], parts[0]), value);
        }
    }

    /// <summary>What one recording selected, and the copies that were made of it.</summary>
    private static IEnumerable<Sentence> OfRecording(Sentence name, TraceHeader header)
    {
        bool isRedacted = header.Copies.Any(c => c.How == CopyNote.Redact);
        foreach (CopyNote copy in header.Copies)
        {
            Sentence kept = copy.Options.Length > 0 ? Sentence.Of($" {Messages.Foreign(copy.Options)}") : Sentence.None;
            string what = copy.How == CopyNote.Redact ? ": names and addresses were replaced, so one of the original is not found in it"
                : copy.Options.Length > 0 ? ": what that left out is not in it"
                : isRedacted ? ": redact dropped what that left out" : "";
            yield return $"{name}: it is a copy by `tcptracer {copy.How}{kept}`{what}";
        }
        if (isRedacted && header.CommandLine.Count == 0 && header.Merged.Count == 0)
            yield return $"{name}: redact dropped the options of the recording: what it selected is not known";
        if (Of(header.CommandLine) is { Length: > 0 } selected)
            yield return $"{name}: the recording kept only what {Sentence.Command(selected)} selects: it was made with these options";
    }

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
