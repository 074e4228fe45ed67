using System.CommandLine;
using TcpTracer.Cli.Handlers.Reports;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;

namespace TcpTracer.Cli.Commands;

/// <summary>A page about traces, for a ticket.</summary>
internal static class ReportCommand
{
    private const string Examples = """
          tcptracer report trace.tct -o report.html              open it in a browser, or attach it to a ticket
          tcptracer report node-1.tct node-2.tct -o nodes.html   several traces on one page
          tcptracer report trace.tct -n shop --since 01:55:08 -o shop.html    one namespace, from then on
          tcptracer report trace.tct.gz --failed | gzip > report.html.gz    to standard output
        """;

    private const string Notes = """
        The page is one file: it needs no network and loads nothing. It shows names, addresses and commands as the trace has them;
        tcptracer redact makes a trace that strangers may see.
        """;

    public static Command Create()
    {
        var files = new FileArguments();
        var output = new Option<string>("--output", "-o")
        {
            HelpName = "FILE",
            Description = "The page to write; without it, or with -, standard output",
            DefaultValueFactory = _ => "-",
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the file to write if it exists" };
        var selection = new SelectionOptions();
        var times = new TimeOptions();
        var enrich = new EnrichOption();
        var report = new DocumentedCommand("report", "Write one HTML page about traces: map, timeline, tables", Examples) { output, force };
        report.Notes = Notes;
        files.AddTo(report);
        selection.AddTo(report);
        times.AddTo(report);
        enrich.AddTo(report);
        report.SetAction(parsed => ReportHandler.Run(new ReportRequest
        {
            Files = files.Read(parsed),
            Output = parsed.GetValue(output)!,
            Force = parsed.GetValue(force),
            Selection = selection.Read(parsed),
            Times = times.Read(parsed),
            Enrichment = enrich.Read(parsed),
        }));
        return report;
    }
}
