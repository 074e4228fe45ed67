using System.CommandLine;
using System.CommandLine.Parsing;
using TcpTracer.Cli.Handlers;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

internal static class RecordCommand
{
    private const string Examples = """
          tcptracer record -o trace.tct                        until Ctrl-C
          tcptracer record -o trace.tct -- curl -s URL         one command and what it starts; exits as it did
          tcptracer record -o trace.tct --duration 5m --port 5432
          tcptracer record -o trace.tct --print -O json        record and print at once
          tcptracer record -o trace.tct --rotate-size 64M --keep 10
          tcptracer record -o trace.tct --ring 10m             keep 10 minutes in memory; SIGUSR2 writes them out
          ssh node tcptracer record -o - | tcptracer show -    record there, look here
        """;

    private static readonly (string Name, MetadataScope Scope)[] s_scopes =
        [("referenced", MetadataScope.Referenced), ("node", MetadataScope.Node), ("cluster", MetadataScope.Cluster), ("none", MetadataScope.None)];

    public static Command Create()
    {
        var file = new Option<string>("--output", "-o") { HelpName = "FILE", Description = "The trace file to write; - for standard output", Required = true };
        var print = new Option<bool>("--print") { Description = "Print the events, too" };
        var metadata = new ChoiceOption("--metadata", [], "SCOPE",
            "How much about pods goes into the file: what its events mention (referenced), this node's (node), all that is known (cluster), none", [.. s_scopes.Select(s => s.Name)]);
        var failOnLoss = new Option<bool>("--fail-on-loss") { Description = "Exit with 3 if events were lost" };
        var force = new Option<bool>("--force") { Description = "Overwrite an earlier FILE, which else is moved to FILE.old" };
        var command = new Argument<string[]>("COMMAND") { Description = "After --: record only this command and what it starts, and pass on its exit status", Arity = ArgumentArity.ZeroOrMore };
        var user = new Option<string?>("--user") { HelpName = "USER", Description = "Run the command as this user, a name or a number (default: who called sudo)" };
        var selection = new SelectionOptions();
        var output = new OutputOptions("--format", "-O");
        var capture = new CaptureCommandOptions();
        var storage = new StorageOptions();
        var record = new TaughtCommand("record", "Record events into a trace file", Examples)
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
        return output.FirstGiven(parsed) is { } unused ? throw new SelectionException($"{unused} says how to print, but --print is not given") : null;
    }

    private static CommandUser? ReadUser(string? asked, bool hasCommand)
    {
        if (asked is not null && !hasCommand)
            throw new SelectionException("--user has no effect: it says whom -- COMMAND runs as, and there is no command");
        return hasCommand ? CommandUser.For(asked) : null;
    }

    /// <summary>Only what comes after --: else the command's own options would be taken for ours, in silence.</summary>
    private static IReadOnlyList<string> ReadCommand(ParseResult parsed, Argument<string[]> argument, Option<bool> print)
    {
        string[] command = parsed.GetValue(argument) ?? [];
        Token[] tokens = [.. parsed.Tokens];
        int dashes = Array.FindIndex(tokens, t => t.Type == TokenType.DoubleDash);
        if (dashes < 0 && command is [['-', ..] option, ..])
            throw Usage.UnknownOption(parsed, option);
        if (command.Take(command.Length - Math.Max(0, tokens.Length - dashes - 1)).FirstOrDefault(w => dashes >= 0 && w is ['-', _, ..]) is { } unknown)
            throw Usage.UnknownOption(parsed, unknown);
        if (dashes < 0 ? command.Length > 0 : command.Length != tokens.Length - dashes - 1)
            throw new SelectionException($"the command comes after --, as in: tcptracer record -o trace.tct -- {Sentence.Command(command)}");
        if (dashes >= 0 && command.Length == 0)
            throw new SelectionException("after -- a command is expected, as in: tcptracer record -o trace.tct -- curl URL");
        if (command.FirstOrDefault(w => !RawArguments.IsText(w)) is { } word)
            throw new SelectionException($"the command's word {Sentence.Command([word])} is not UTF-8, and cannot be passed on as it is: put the command into a script, and record that");
        RefuseWhatHasNoEffect(parsed, hasCommand: command.Length > 0, parsed.GetValue(print));
        return command;
    }

    private static void RefuseWhatHasNoEffect(ParseResult parsed, bool hasCommand, bool prints)
    {
        bool IsGiven(string option) => parsed.CommandResult.Children.OfType<OptionResult>().Any(o => o.Option.Name == option && !o.Implicit);
        if (IsGiven("--force") && new[] { "--rotate-size", "--rotate-every", "--ring" }.FirstOrDefault(IsGiven) is { } set)
            throw new SelectionException($"--force has no effect with {set}: each file of a set has a name of its own");
        if (hasCommand && IsGiven("--pid"))
            throw new SelectionException("--pid and -- COMMAND are two answers to which processes: record those, or the command and what it starts");
        if (hasCommand && IsGiven("--existing"))
            throw new SelectionException("--existing has no effect: a command that is only started has no connections older than the recorder");
        if (!prints && !IsGiven("--count") && IsGiven("--existing"))
            throw new SelectionException("--existing has no effect: connections older than the recorder are always recorded; give it to `tcptracer show`, or with --print");
    }
}
