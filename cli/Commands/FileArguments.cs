using System.CommandLine;
using System.CommandLine.Parsing;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

/// <summary>
/// The traces that a command reads. A file whose name begins with a dash is typed as ./-name or behind --: otherwise a misspelt option
/// would be taken for a file.
/// </summary>
/// <param name="description">For the help.</param>
/// <param name="arity">How many files the command takes.</param>
internal sealed class FileArguments(string description, ArgumentArity arity)
{
    private readonly Argument<string[]> _argument = new("FILE")
    {
        Description = description,
        Arity = arity,
        CustomParser = result => [.. result.Tokens.Select(t => t.Value)], // System.CommandLine itself makes no array of one file
    };

    /// <summary>One file or more.</summary>
    public FileArguments()
        : this("Trace files; - is standard input", ArgumentArity.OneOrMore)
    {
    }

    public void AddTo(Command command) => command.Arguments.Add(_argument);

    public string[] Read(ParseResult parsed)
    {
        string[] files = parsed.GetValue(_argument)!;
        Token[] tokens = [.. parsed.Tokens];
        int dashes = Array.FindIndex(tokens, t => t.Type == TokenType.DoubleDash);
        int behind = dashes < 0 ? 0 : tokens.Length - dashes - 1;
        if (files.Contains(""))
            throw new SelectionException("the name of a trace is empty: name a file, or - for standard input");
        if (files.Count(f => f == "-") > 1)
            throw new SelectionException("- is standard input, which can be read once: name it once");
        string? option = files.SkipLast(behind).FirstOrDefault(f => f is ['-', _, ..]);
        if (option is not null && FileFacts.Of(option) is not null)
            throw new SelectionException($"'{option}' is not known here; for the file of that name, write {Sentence.File(option)}");
        return option is null ? files : throw Usage.UnknownOption(parsed, option);
    }
}
