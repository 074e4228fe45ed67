using System.CommandLine;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Exports.Parquet;

namespace TcpTracer.Cli.Commands;

/// <summary>What a table of events has, in <c>export</c>: which columns.</summary>
internal sealed class TableOptions
{
    private readonly Option<string?> _fields = new("--fields")
    {
        HelpName = "FIELDS",
        Description = "These fields; +a adds field a, -a takes it away",
    };

    private readonly TextOption _partition = new("--partition", "KEYS",
        "For parquet: a folder with a file for each of these, as in node,date,hour");

    private readonly Option<bool> _noHeaders = new("--no-headers") { Description = "No header line" };

    private readonly Option<bool> _connections = new("--connections")
    {
        Description = "A row for each connection, not for each event",
    };

    public TableOptions()
    {
        _fields.CompletionSources.Add([.. Fields.All.Select(f => f.Name)]);
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_connections);
        command.Options.Add(_fields);
        command.Options.Add(_noHeaders);
        command.Options.Add(_partition);
    }

    public ExportRequest Read(ParseResult parsed, ExportRequest request)
    {
        string? fields = parsed.GetValue(_fields);
        bool headers = !parsed.GetValue(_noHeaders);
        if (!headers && request.To != ExportKind.Csv)
            throw new SelectionException($"--no-headers has no effect: {ExportFormats.NameOf(request.To)} has no header line");
        if (fields is not null && request.To is ExportKind.Pcapng or ExportKind.Perfetto)
            throw new SelectionException($"--fields has no effect: {ExportFormats.NameOf(request.To)} has no columns");
        bool connections = parsed.GetValue(_connections);
        if (connections && request.To is ExportKind.Pcapng or ExportKind.Perfetto)
            throw new SelectionException($"--connections has no effect: {ExportFormats.NameOf(request.To)} draws connections anyway");
        FieldSet set = connections ? ConnectionFields.OfConnections : Fields.OfEvents;
        string? partition = parsed.GetValue(_partition);
        if (partition is not null && request.To != ExportKind.Parquet)
            throw new SelectionException($"--partition has no effect: only parquet is written into folders");
        if (connections)
            request = request with { Connections = true, Selection = request.Selection.ForConnections() };
        return request.To switch
        {
            ExportKind.Csv => request with { NewFormat = Text("csv", fields, headers, set) },
            ExportKind.Jsonl => request with { NewFormat = Text("json", fields, headers, set) },
            ExportKind.Parquet => request with
            {
                Fields = Fields.RequireUniqueKeys(set.Adjust(set.Table, fields), "parquet"),
                Partition = partition is null ? null : new PartitionKeys(KeysIn(partition), set),
            },
            _ => request,
        };
    }

    private static string[] KeysIn(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is { Length: > 0 } keys ? keys
        : throw new SelectionException("--partition: by what? For example: --partition node,date,hour");

    /// <summary>Each worker has a format of its own. A mistake in it is reported before any worker begins.</summary>
    private static Func<EventFormat> Text(string format, string? fields, bool headers, FieldSet set)
    {
        _ = EventFormat.Parse(format, fields, headers, set);
        return () => EventFormat.Parse(format, fields, headers, set);
    }
}
