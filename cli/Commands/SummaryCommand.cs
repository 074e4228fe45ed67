using System.CommandLine;
using TcpTracer.Cli.Handlers;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Cli.Commands;

internal static class SummaryCommand
{
    private const string Examples = """
          tcptracer summary trace.tct                          by command
          tcptracer summary trace.tct --by daddr --limit 10    whom most events are about
          tcptracer summary trace.tct --by comm,error --failed what fails, and how
        """;

    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Trace files; - for standard input", Arity = ArgumentArity.OneOrMore };
        var by = new Option<string>("--by") { HelpName = "FIELDS", Description = "Add up by these fields (`tcptracer fields` lists them)", DefaultValueFactory = _ => "comm" };
        var limit = new Option<string?>("--limit") { HelpName = "N", Description = "Only the N largest groups" };
        var output = new Option<string>("--output", "-o") { HelpName = "FORMAT", Description = "columns or json", DefaultValueFactory = _ => "columns" };
        output.AcceptOnlyFromAmong("columns", "json");
        var selection = new SelectionOptions();
        var times = new TimeOptions();
        var enrich = new EnrichOption();
        var summary = new TaughtCommand("summary", "Add up the events of trace files: who, to whom, how much, what failed", Examples) { files, by, limit, output };
        selection.AddTo(summary);
        times.AddTo(summary);
        enrich.AddTo(summary);
        summary.SetAction(parsed => SummaryHandler.Run(
            parsed.GetValue(files)!, ReadFields(parsed.GetValue(by)!), parsed.GetValue(limit) is { } n ? Quantity.Number("--limit", n) : null,
            json: parsed.GetValue(output) == "json", new EventFilter(selection.Read(parsed)), times.Read(parsed), enrich.Read(parsed)));
        return summary;
    }

    private static IReadOnlyList<Field> ReadFields(string list)
    {
        IReadOnlyList<Field> fields = [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Fields.Find)];
        return fields.Count > 0 ? fields : throw new SelectionException("--by: which fields? For example: --by comm,daddr");
    }
}
