using System.CommandLine;
using TcpTracer.Cli.Handlers;
using TcpTracer.Formats.Output;

namespace TcpTracer.Cli.Commands;

internal static class ShowCommand
{
    public static Command Create()
    {
        var files = new FileArguments();
        var follow = new Option<bool>("--follow", "-f") { Description = "At the end of the file wait for more, until its recorder ends" };
        var times = new TimeOptions();
        var selection = new SelectionOptions();
        var enrich = new EnrichOption();
        var output = new OutputOptions();
        var show = new TaughtCommand("show", "Print the events of trace files as live mode prints them", """
              tcptracer show trace.tct                       as columns
              tcptracer show trace.tct -o wide --failed      what failed, and why
              tcptracer show trace.tct -o json | jq          as JSON lines
              tcptracer show *.tct --comm nginx              several files, one after the other
              tcptracer show trace.tct --since 14:30 --until 14:35
              tcptracer show -f trace.tct                    while it is being written
              zstdcat trace.tct.zst | tcptracer show -       from a pipe
            """) { follow };
        files.AddTo(show);
        times.AddTo(show);
        output.AddTo(show);
        selection.AddTo(show);
        enrich.AddTo(show);
        show.SetAction(parsed => ShowHandler.Run(new ShowRequest
        {
            Files = files.Read(parsed),
            Selection = selection.Read(parsed),
            Times = times.Read(parsed),
            NewFormat = ReadFormat(output, parsed),
            WithStatus = output.ReadWithStatus(parsed),
            Follow = parsed.GetValue(follow),
            Enrichment = enrich.Read(parsed),
        }));
        return show;
    }

    /// <summary>Each worker has a format of its own; a mistake in it is told before any begins.</summary>
    private static Func<EventFormat> ReadFormat(OutputOptions output, ParseResult parsed)
    {
        _ = output.ReadFormat(parsed);
        return () => output.ReadFormat(parsed);
    }
}
