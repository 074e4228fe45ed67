using System.CommandLine;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

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

    private readonly Option<bool> _connections = new("--connections") { Description = "A row for each connection, when it ends" };
    private readonly bool _hasConnections;

    /// <param name="name">Of the option that takes the format.</param>
    /// <param name="alias">Its short name.</param>
    /// <param name="connections">Whether the command can print connections.</param>
    public OutputOptions(string name = "--output", string alias = "-o", bool connections = true)
    {
        _hasConnections = connections;
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
        if (_hasConnections)
            command.Options.Add(_connections);
        command.Options.Add(_output);
        command.Options.Add(_fields);
        command.Options.Add(_noHeaders);
        command.Options.Add(_withStatus);
        foreach (Option option in Style.All)
            command.Options.Add(option);
    }

    /// <summary>The name of the first of these options that was given; null: none was.</summary>
    public string? FirstGiven(ParseResult parsed) =>
        new Option[] { _output, _fields, _noHeaders, _withStatus }.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false })?.Name;

    /// <summary>How output for eyes looks.</summary>
    public StyleOptions Style { get; } = new();

    /// <summary>Whether times are those since the row before.</summary>
    public bool IsTimeSinceRowBefore(ParseResult parsed) => Style.IsDelta(parsed);

    /// <summary>The format asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="isTimeUsed">Whether --time has a use beside the format.</param>
    public EventFormat ReadFormat(ParseResult parsed, bool isTimeUsed = false)
    {
        string mode = parsed.GetValue(_output)!;
        bool headers = !parsed.GetValue(_noHeaders);
        EventFormat format = EventFormat.Parse(mode, parsed.GetValue(_fields), headers, FieldsOf(parsed), Style.Read(parsed, mode));
        if (parsed.GetValue(_noHeaders) && !format.HasHeader)
            throw new SelectionException($"--no-headers has no effect: {mode} has no header line");
        if (parsed.GetValue(_withStatus) && !format.HasStatus)
            throw new SelectionException($"--with-status has no effect with {mode}: it adds lines to JSON only, as in {_output.Name} json");
        if (Style.HasTime(parsed) && !isTimeUsed && mode is not ("short" or "wide"))
        {
            throw new SelectionException($"--time has no effect with {mode}: "
                + $"it says how short and wide write times, and in which zone --since and --until are");
        }
        return format;
    }

    /// <summary>Whether rows are connections.</summary>
    public bool ReadConnections(ParseResult parsed) => _hasConnections && parsed.GetValue(_connections);

    /// <summary>
    /// The selection for what is printed: whoever asks for connections asks also for those that are older than the recorder, or open.
    /// </summary>
    public Selection Widen(ParseResult parsed, Selection selection) =>
        ReadConnections(parsed) ? selection.ForConnections() : selection;

    /// <summary>The fields of the rows.</summary>
    public FieldSet FieldsOf(ParseResult parsed) => FieldsFor(ReadConnections(parsed));

    private static FieldSet FieldsFor(bool connections) => connections ? ConnectionFields.OfConnections : Fields.OfEvents;

    public bool ReadWithStatus(ParseResult parsed) => parsed.GetValue(_withStatus);
}
