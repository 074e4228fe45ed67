using System.CommandLine;
using TcpTracer.Cli.Handlers;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

internal static class SummaryCommand
{
    private const string Examples = """
          tcptracer summary trace.tct                          by command
          tcptracer summary trace.tct --by daddr --limit 10    the ten busiest far ends
          tcptracer summary trace.tct --by comm,error --failed    what fails, and how
          tcptracer summary trace.tct --op C,F --by comm,daddr,dport    who calls what
          tcptracer summary trace.tct --op C,F --by pod,comm -F 'dst =~ ^svc/shop/db:'    who calls this service
        """;

    private const string Notes = """
        A connection counts twice if both its ends are on this node: once connected, once accepted. --op C,F counts the calling end only.

        SENT and RECEIVED add up connections that have ended; - means that none has.
        """;

    public static Command Create()
    {
        var files = new FileArguments();
        var by = new Option<string>("--by")
        {
            HelpName = "FIELDS",
            Description = "Add up by these fields, as in comm,daddr",
            DefaultValueFactory = _ => "comm",
        };
        var limit = new Option<string?>("--limit") { HelpName = "N", Description = "Only the N largest groups" };
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "columns or json", "columns", "json");
        var selection = new SelectionOptions();
        var times = new TimeOptions();
        var enrich = new EnrichOption();
        var summary = new TaughtCommand("summary", "Add up events: who, to whom, how much, what failed", Examples)
        {
            by, limit, output,
        };
        summary.Notes = Notes;
        files.AddTo(summary);
        selection.AddTo(summary);
        times.AddTo(summary);
        enrich.AddTo(summary);
        summary.SetAction(parsed => SummaryHandler.Run(new SummaryRequest
        {
            Files = files.Read(parsed),
            By = ReadFields(parsed.GetValue(by)!, output.Read(parsed)),
            Limit = parsed.GetValue(limit) is { } n ? Quantity.Number("--limit", n) : null,
            Json = output.Read(parsed) == "json",
            Filter = new EventFilter(selection.Read(parsed)),
            Times = times.Read(parsed),
            Enrichment = enrich.Read(parsed),
        }));
        return summary;
    }

    private static IReadOnlyList<Field> ReadFields(string list, string format)
    {
        IReadOnlyList<Field> fields = Fields.FindAll("--by", list);
        if (fields.GroupBy(f => f).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new SelectionException($"--by '{list}' names {twice.Key.Name} twice");
        return format == "json" ? Fields.RequireUniqueKeys(fields, format) : fields;
    }
}
