using System.CommandLine;
using TcpTracer.Cli.Handlers;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

internal static class ShowCommand
{
    public static Command Create()
    {
        var files = new FileArguments();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on while the last file, or its set, is written" };
        var first = new Option<string?>("--first") { HelpName = "N", Description = "Only the first N selected events" };
        var last = new Option<string?>("--last") { HelpName = "N", Description = "Only the last N selected events" };
        var times = new TimeOptions();
        var selection = new SelectionOptions();
        var enrich = new EnrichOption();
        var output = new OutputOptions();
        var show = new TaughtCommand("show", "Print the events of traces, as live output prints them", """
              tcptracer show trace.tct                       as columns
              tcptracer show trace.tct -o wide --failed      what failed, and why
              tcptracer show trace.tct -o json | jq          as JSON lines
              tcptracer show *.tct --comm nginx              several files, one after the other
              tcptracer show trace.tct --since 14:30 --until 14:35
              tcptracer show trace.tct --failed --last 20    the last of what failed
              tcptracer show -f trace.tct                    while this file, or the set of this name, is written
              tcptracer show trace.tct.gz trace.tct.zst      packed with gzip or zstd
              xzcat trace.tct.xz | tcptracer show -          from a pipe
            """) { follow, first, last };
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
            First = Number(parsed, first),
            Last = parsed.GetValue(first) is null || parsed.GetValue(last) is null ? Number(parsed, last)
                : throw new SelectionException("--first and --last contradict each other: leave out one"),
            Enrichment = enrich.Read(parsed),
        }));
        return show;
    }

    private static long? Number(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? Quantity.Number(option.Name, text) : null;

    /// <summary>Each worker has a format of its own. A mistake in it is reported before any worker begins.</summary>
    private static Func<EventFormat> ReadFormat(OutputOptions output, ParseResult parsed)
    {
        _ = output.ReadFormat(parsed);
        return () => output.ReadFormat(parsed);
    }
}
