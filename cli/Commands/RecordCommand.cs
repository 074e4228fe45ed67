using System.CommandLine;
using System.CommandLine.Parsing;
using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Cli.Commands;

internal static class RecordCommand
{
    private const string Examples = """
          tcptracer record -o trace.tct                        until Ctrl-C
          tcptracer record -o trace.tct -- curl -s URL         one command and what it starts
          tcptracer record -o trace.tct --duration 5m --port 5432
          tcptracer record -o trace.tct --print -O json        record and print at once
          tcptracer record -o trace.tct --rotate-size 64M --keep 10
          tcptracer record -o trace.tct --ring 10m             keep 10 minutes in memory
          ssh node tcptracer record -o - | tcptracer show -    record there, look here
        """;

    /// <summary>Each of them makes a set of files.</summary>
    private static readonly string[] s_setOptions = ["--rotate-size", "--rotate-every", "--ring"];

    private static readonly (string Name, MetadataScope Scope)[] s_scopes =
    [
        ("referenced", MetadataScope.Referenced),
        ("node", MetadataScope.Node),
        ("cluster", MetadataScope.Cluster),
        ("none", MetadataScope.None),
    ];

    public static Command Create()
    {
        var file = new Option<string>("--output", "-o")
        {
            HelpName = "FILE",
            Description = "The trace file to write; - is standard output",
            Required = true,
        };
        var print = new Option<bool>("--print") { Description = "Print the events as well" };
        var metadata = new ChoiceOption("--metadata", [], "SCOPE",
            "Names in the file: those its events mention (referenced), this node's pods (node), all that are known (cluster), or none",
            [.. s_scopes.Select(s => s.Name)]);
        var failOnLoss = new Option<bool>("--fail-on-loss") { Description = "Exit with 3 if events were lost" };
        var force = new Option<bool>("--force") { Description = "Overwrite FILE; else it is moved to FILE.old" };
        var user = new Option<string?>("--user")
        {
            HelpName = "USER",
            Description = "Run the command as this user, a name or a number (default: who called sudo)",
        };
        var command = new Argument<string[]>("COMMAND")
        {
            Description = "Behind --: record only this command and what it starts, and exit as it does",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var selection = new SelectionOptions();
        var output = new OutputOptions("--format", "-O", connections: false);
        var capture = new CaptureCommandOptions();
        var storage = new StorageOptions();
        var record = new DocumentedCommand("record", "Record events into a trace file", Examples)
        {
            file, force, print, failOnLoss, metadata, user, command,
        };
        output.AddTo(record);
        selection.AddTo(record);
        capture.AddTo(record);
        storage.AddTo(record);
        record.SetAction(parsed => RecordHandler.Run(new RecordRequest
        {
            File = parsed.GetValue(file)!,
            Command = ReadCommand(parsed, command, print),
            User = ReadUser(parsed.GetValue(user), hasCommand: parsed.GetValue(command) is { Length: > 0 }),
            FailOnLoss = parsed.GetValue(failOnLoss),
            Force = parsed.GetValue(force),
            Verbose = parsed.GetValue(TcpTracerCommand.Verbose),
            Capture = capture.Read(parsed),
            Selection = selection.Read(parsed),
            Print = ReadPrint(parsed, parsed.GetValue(print), output),
            WithStatus = output.ReadWithStatus(parsed),
            Storage = storage.Read(parsed),
            Metadata = s_scopes.First(s => s.Name == metadata.Read(parsed)).Scope,
        }));
        return record;
    }

    private static EventFormat? ReadPrint(ParseResult parsed, bool print, OutputOptions output)
    {
        EventFormat format = output.ReadFormat(parsed);
        if (print)
            return format;
        return output.FirstGiven(parsed) is not { } unused ? null
            : throw new SelectionException($"{unused} says how to print, but --print is not given");
    }

    private static CommandUser? ReadUser(string? asked, bool hasCommand)
    {
        if (asked is not null && !hasCommand)
            throw new SelectionException("--user has no effect without a command: it says as whom -- COMMAND runs");
        return hasCommand ? CommandUser.For(asked) : null;
    }

    /// <summary>
    /// The words behind <c>--</c>. Words in front of it are an error: otherwise options of the command would be taken for ours, and a
    /// misspelt option of ours for a word of the command.
    /// </summary>
    private static string[] ReadCommand(ParseResult parsed, Argument<string[]> argument, Option<bool> print)
    {
        string[] words = parsed.GetValue(argument) ?? [];
        string[] behindDashes = [.. parsed.Tokens.SkipWhile(t => t.Type != TokenType.DoubleDash).Skip(1).Select(t => t.Value)];
        string[] beforeDashes = words[..(words.Length - behindDashes.Length)];
        bool hasDashes = parsed.Tokens.Any(t => t.Type == TokenType.DoubleDash);
        // Without --, only the first word can be a misspelt option: "record -o FILE curl -s" forgot the --
        if ((hasDashes ? beforeDashes : beforeDashes.Take(1)).FirstOrDefault(IsOption) is { } misspelt)
            throw Usage.UnknownOption(parsed, misspelt);
        if (beforeDashes.Length > 0)
            throw new SelectionException($"the command comes after --, as in: tcptracer record -o trace.tct -- {Sentence.Command(words)}");
        if (hasDashes && words.Length == 0)
            throw new SelectionException("after -- a command is expected, as in: tcptracer record -o trace.tct -- curl URL");
        if (words.FirstOrDefault(w => !RawArguments.IsText(w)) is { } word)
            throw NotText(word);
        RefuseWhatHasNoEffect(parsed, hasCommand: words.Length > 0, parsed.GetValue(print));
        return words;
    }

    private static bool IsOption(string word) => word is ['-', _, ..];

    private static SelectionException NotText(string word) =>
        new($"the command's word {Sentence.Command([word])} is not UTF-8 and cannot be passed on: put it into a script and record that");

    private static void RefuseWhatHasNoEffect(ParseResult parsed, bool hasCommand, bool prints)
    {
        bool IsGiven(string option) =>
            parsed.CommandResult.Children.OfType<OptionResult>().Any(o => o.Option.Name == option && !o.Implicit);
        if (IsGiven("--force") && s_setOptions.FirstOrDefault(IsGiven) is { } set)
            throw new SelectionException($"--force has no effect with {set}: each file of a set has a name of its own");
        if (hasCommand && IsGiven("--pid"))
            throw new SelectionException("--pid and -- COMMAND are two answers to which processes to record: leave out one");
        if (hasCommand && IsGiven("--existing"))
            throw new SelectionException("--existing has no effect: the command is started now, and has no connections that are older");
        if (!prints && !IsGiven("--count") && IsGiven("--existing"))
            throw new SelectionException("--existing has no effect: older connections are always recorded; use it with show or --print");
    }
}
