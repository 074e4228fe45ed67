using System.CommandLine;
using TcpTracer.Cli.Handlers.Exports;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

/// <summary>Events of traces, in the formats of other tools.</summary>
internal static class ExportCommand
{
    private const string Examples = """
          tcptracer export --to jsonl trace.tct -o trace.jsonl
          tcptracer export --to csv trace.tct --failed --fields comm,dst,error -o a.csv
          tcptracer export --to csv trace.tct.gz | head -n 5    to standard output
          tcptracer export --to parquet trace.tct -o trace.parquet    for DuckDB, pandas, Spark
          tcptracer export --to parquet trace.tct --partition node,date,hour -o traces/
          tcptracer export --to parquet trace.tct --connections -o connections.parquet    a row for each connection
          tcptracer export --to pcapng trace.tct -o trace.pcapng    for Wireshark and tshark
          tcptracer export --to perfetto trace.tct -o trace.perfetto    open it in ui.perfetto.dev
        """;

    public static Command Create()
    {
        var files = new FileArguments();
        var to = new Option<string>("--to") { HelpName = "FORMAT", Description = string.Join(", ", ExportFormats.Names), Required = true };
        to.CompletionSources.Add(ExportFormats.Names);
        var output = new Option<string>("--output", "-o")
        {
            HelpName = "FILE",
            Description = "The file to write, with --partition the folder; without it, or with -, standard output",
            DefaultValueFactory = _ => "-",
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the file to write if it exists" };
        var table = new TableOptions();
        var times = new TimeOptions();
        var selection = new SelectionOptions();
        var enrich = new EnrichOption();
        var export = new DocumentedCommand("export", "Write the events of traces for other tools", Examples) { to, output, force };
        files.AddTo(export);
        table.AddTo(export);
        times.AddTo(export);
        selection.AddTo(export);
        enrich.AddTo(export);
        export.SetAction(parsed => ExportHandler.Run(table.Read(parsed, new ExportRequest
        {
            Files = files.Read(parsed),
            To = KindOf(parsed.GetValue(to)!),
            Output = parsed.GetValue(output)!,
            Force = parsed.GetValue(force),
            Selection = selection.Read(parsed),
            Times = times.Read(parsed),
            Enrichment = enrich.Read(parsed),
        })));
        return export;
    }

    private static ExportKind KindOf(string name) => Array.IndexOf(ExportFormats.Names, name) is >= 0 and var kind
        ? (ExportKind)kind
        : throw SelectionException.UnknownName("--to", name, ExportFormats.Names, $"known: {string.Join(", ", ExportFormats.Names)}");
}
