using System.CommandLine;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

/// <summary>How events are printed. In <c>record</c> -o names the file, so the format there is -O.</summary>
internal sealed class OutputOptions
{
    private readonly Option<string> _output;
    private readonly Option<string?> _fields = new("--fields")
    {
        HelpName = "FIELDS",
        Description = "These fields; +a adds field a, -a takes it away",
    };

    private readonly Option<bool> _noHeaders = new("--no-headers") { Description = "No header line" };
    private readonly Option<bool> _withStatus = new("--with-status") { Description = "In JSON: a line where events were lost" };

    public OutputOptions(string name = "--output", string alias = "-o")
    {
        _output = new Option<string>(name, alias)
        {
            HelpName = "FORMAT",
            Description = $"{string.Join(", ", EventFormat.Names.Select(n => n == "custom-columns" ? n + "=A,B" : n))}",
            DefaultValueFactory = _ => "columns",
        };
        _output.CompletionSources.Add([.. EventFormat.Names.Select(n => n == "custom-columns" ? n + "=" : n)]);
        _fields.CompletionSources.Add([.. Fields.All.Select(f => f.Name)]);
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_output);
        command.Options.Add(_fields);
        command.Options.Add(_noHeaders);
        command.Options.Add(_withStatus);
    }

    /// <summary>The name of the first of these options that was given; null: none was.</summary>
    public string? FirstGiven(ParseResult parsed) =>
        new Option[] { _output, _fields, _noHeaders, _withStatus }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false })?.Name;

    /// <summary>The format asked for.</summary>
    public EventFormat ReadFormat(ParseResult parsed)
    {
        string mode = parsed.GetValue(_output)!;
        EventFormat format = EventFormat.Parse(mode, parsed.GetValue(_fields), !parsed.GetValue(_noHeaders));
        if (parsed.GetValue(_noHeaders) && !format.HasHeader)
            throw new SelectionException($"--no-headers has no effect: {mode} has no header line");
        if (parsed.GetValue(_withStatus) && !format.HasStatus)
            throw new SelectionException($"--with-status has no effect with {mode}: it adds lines to JSON only, as in {_output.Name} json");
        return format;
    }

    public bool ReadWithStatus(ParseResult parsed) => parsed.GetValue(_withStatus);
}
