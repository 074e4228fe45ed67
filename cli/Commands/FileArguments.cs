using System.CommandLine;
using System.CommandLine.Parsing;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Cli.Commands;

/// <summary>
/// The traces that a command reads. A file whose name begins with a dash is written ./-name, or behind --: else a misspelt option would be taken for a file.
/// </summary>
/// <param name="description">What they are.</param>
internal sealed class FileArguments(string description = "Trace files; - for standard input")
{
    private readonly Argument<string[]> _argument = new("FILE") { Description = description, Arity = ArgumentArity.OneOrMore };

    public void AddTo(Command command) => command.Arguments.Add(_argument);

    public string[] Read(ParseResult parsed)
    {
        string[] files = parsed.GetValue(_argument)!;
        Token[] tokens = [.. parsed.Tokens];
        int dashes = Array.FindIndex(tokens, t => t.Type == TokenType.DoubleDash);
        int meant = dashes < 0 ? 0 : tokens.Length - dashes - 1;
        return files.SkipLast(meant).FirstOrDefault(f => f is ['-', _, ..]) is { } option ? throw Usage.UnknownOption(parsed, option) : files;
    }

    /// <summary>For a command that takes one.</summary>
    /// <exception cref="SelectionException">There are more.</exception>
    public string ReadOne(ParseResult parsed) =>
        Read(parsed) is [var file] ? file : throw new SelectionException($"{parsed.CommandResult.Command.Name} takes one file, not {parsed.GetValue(_argument)!.Length}");
}
