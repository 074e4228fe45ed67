using System.CommandLine;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

/// <summary>Which events of which traces go where: for commands that copy traces.</summary>
/// <param name="isOutputRequired">Whether the command does nothing else than to copy.</param>
internal sealed class CopyOptions(bool isOutputRequired = true)
{
    private readonly FileArguments _files = new();
    private readonly Option<string> _output = new("--output", "-o")
    {
        HelpName = "FILE",
        Description = "The trace to write; - is standard output",
        Required = isOutputRequired,
    };

    private readonly Option<bool> _force = new("--force") { Description = "Overwrite the trace to write if it exists" };
    private readonly SelectionOptions _selection = new();
    private readonly TimeOptions _times = new();
    private readonly EnrichOption _enrich = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_output);
        command.Options.Add(_force);
        _files.AddTo(command);
        _selection.AddTo(command);
        _times.AddTo(command);
        _enrich.AddTo(command);
    }

    /// <summary>The files, and nothing else: for what writes no trace.</summary>
    public string[] ReadFiles(ParseResult parsed)
    {
        string? other = new Option[] { _output, _force }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false })?.Name;
        return other is null ? _files.Read(parsed) : throw new SelectionException($"{other} has no effect here: nothing is written");
    }

    public CopyRequest Read(ParseResult parsed) => new()
    {
        Files = _files.Read(parsed),
        Output = parsed.GetValue(_output)
            ?? throw new SelectionException("-o FILE is missing: name the trace to write, as in -o copy.tct"),
        Force = parsed.GetValue(_force),
        Selection = _selection.Read(parsed),
        Times = _times.Read(parsed),
        Enrichment = _enrich.Read(parsed),
    };
}
