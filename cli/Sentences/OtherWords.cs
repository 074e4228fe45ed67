using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Sentences;

/// <summary>Words that people type first, because other tools have them or because English does: what does the same here.</summary>
internal static class OtherWords
{
    private const string Failed = "`tcptracer show FILE --failed`", Summary = "`tcptracer summary FILE`",
        Record = "`tcptracer record -o FILE`";

    private static readonly Dictionary<string, string> s_commands = new()
    {
        ["failed"] = Failed, ["failures"] = Failed, ["errors"] = Failed, ["fail"] = Failed,
        ["resets"] = Summary, ["reset"] = Summary, ["slow"] = Summary, ["slowest"] = Summary, ["stats"] = Summary,
        ["read"] = "`tcptracer show FILE`", ["replay"] = "`tcptracer show FILE`", ["view"] = "`tcptracer show FILE`",
        ["print"] = "`tcptracer show FILE`", ["cat"] = "`tcptracer show FILE`", ["open"] = "`tcptracer show FILE`",
        ["capture"] = Record, ["start"] = Record, ["trace"] = Record, ["dump"] = Record,
        ["live"] = "`tcptracer` without a command", ["watch"] = "`tcptracer top`",
        ["anonymize"] = "`tcptracer redact FILE -o NEW`", ["anonymise"] = "`tcptracer redact FILE -o NEW`",
        ["convert"] = "`tcptracer export --to FORMAT FILE -o NEW`", ["html"] = "`tcptracer report FILE -o NEW`",
        ["compare"] = "`tcptracer diff BEFORE AFTER`", ["join"] = "`tcptracer merge FILE... -o NEW`",
        ["concat"] = "`tcptracer merge FILE... -o NEW`", ["cut"] = "`tcptracer filter FILE -o NEW`",
        ["check"] = "`tcptracer verify FILE`", ["repair"] = "`tcptracer recover FILE -o NEW`", ["fix"] = "`tcptracer recover FILE -o NEW`",
    };

    private static readonly Dictionary<string, string> s_options = new()
    {
        ["--errors"] = "--failed", ["--error"] = "--failed", ["--failures"] = "--failed", ["--fail"] = "--failed",
        ["--resets"] = "-F 'reason =~ reset'", ["--reset"] = "-F 'reason =~ reset'",
        ["--slow"] = "--sort=-latency_ns", ["--slowest"] = "--sort=-latency_ns",
        ["--group-by"] = "--by", ["--group"] = "--by", ["--conn"] = "-F 'conn == ID'", ["--connection"] = "-F 'conn == ID'",
        ["--host"] = "--addr", ["--ip"] = "--addr", ["--process"] = "--comm", ["--command"] = "--comm", ["--program"] = "--comm",
        ["--user"] = "--uid", ["--json"] = "-o json", ["--format"] = "-o", ["--head"] = "--first", ["--tail"] = "--last",
        ["--grep"] = "-F", ["--where"] = "-F", ["--from"] = "--since", ["--to"] = "--until", ["--end"] = "--until",
    };

    /// <summary>For what stands where a command is expected; null: nothing is known to be meant.</summary>
    public static Sentence? OfCommand(string word)
    {
        if (s_commands.TryGetValue(word.ToLowerInvariant(), out string? here))
            return $"'{word}' is not known here; {here} does that";
        if (!word.EndsWith(".tct", StringComparison.Ordinal) && FileFacts.Of(word) is not { Kind: FileKind.Regular })
            return null;
        return $"'{word}' is no command; `tcptracer show {Sentence.File(word)}` prints a trace, "
            + $"`tcptracer summary {Sentence.File(word)}` adds it up";
    }

    /// <summary>The option that does what another word says; null: none is known.</summary>
    /// <param name="word">The word, with its dashes.</param>
    /// <param name="known">The options that there are.</param>
    public static string? OfOption(string word, IEnumerable<string> known) =>
        s_options.TryGetValue(word, out string? here) && known.Contains(here.Split(' ', '=')[0]) ? here : null;
}
