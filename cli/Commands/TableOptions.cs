using System.CommandLine;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

/// <summary>What a table of events has, in <c>export</c>: which columns.</summary>
internal sealed class TableOptions
{
    private readonly Option<string?> _fields = new("--fields")
    {
        HelpName = "FIELDS",
        Description = "These fields; +a adds field a, -a takes it away",
    };

    private readonly Option<bool> _noHeaders = new("--no-headers") { Description = "No header line" };

    public TableOptions()
    {
        _fields.CompletionSources.Add([.. Fields.All.Select(f => f.Name)]);
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_fields);
        command.Options.Add(_noHeaders);
    }

    public ExportRequest Read(ParseResult parsed, ExportRequest request)
    {
        string? fields = parsed.GetValue(_fields);
        bool headers = !parsed.GetValue(_noHeaders);
        if (!headers && request.To != ExportKind.Csv)
            throw new SelectionException($"--no-headers has no effect: {ExportFormats.NameOf(request.To)} has no header line");
        return request.To switch
        {
            ExportKind.Csv => request with { NewFormat = Text("csv", fields, headers) },
            ExportKind.Jsonl => request with { NewFormat = Text("json", fields, headers) },
            ExportKind.Parquet => request with { Fields = Fields.RequireUniqueKeys(Fields.Adjust(Fields.Json, fields), "parquet") },
            _ => request,
        };
    }

    /// <summary>Each worker has a format of its own. A mistake in it is reported before any worker begins.</summary>
    private static Func<EventFormat> Text(string format, string? fields, bool headers)
    {
        _ = EventFormat.Parse(format, fields, headers);
        return () => EventFormat.Parse(format, fields, headers);
    }
}
