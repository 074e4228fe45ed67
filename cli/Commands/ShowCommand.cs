using System.CommandLine;
using TcpTracer.Cli.Handlers.Printing;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Printing;

namespace TcpTracer.Cli.Commands;

internal static class ShowCommand
{
    public static Command Create()
    {
        var files = new FileArguments();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on while the last file, or its set, is written" };
        var first = new Option<string?>("--first") { HelpName = "N", Description = "Only the first N selected rows" };
        var last = new Option<string?>("--last") { HelpName = "N", Description = "Only the last N selected rows" };
        var sort = new TextOption("--sort", "FIELD", "In the order of this field; the largest first with -FIELD or FIELD:desc");
        var output = new OutputOptions();
        var times = new TimeOptions(output.Style);
        var selection = new SelectionOptions();
        var enrich = new EnrichOption();
        var show = new DocumentedCommand("show", "Print the events of traces, as live output prints them", """
              tcptracer show trace.tct                       as columns
              tcptracer show trace.tct -o wide --failed      what failed, and why
              tcptracer show trace.tct -o json | jq          as JSON lines
              tcptracer show trace.tct --connections         one row a connection
              tcptracer show trace.tct -o short --time local    for eyes
              tcptracer show trace.tct --connections -o short    who called whom, and how it went
              tcptracer show trace.tct --connections --sort=-duration --first 10    the longest
              tcptracer show *.tct --comm nginx              several files, one after the other
              tcptracer show trace.tct --since 14:30 --until 14:35
              tcptracer show trace.tct --failed --last 20    the last of what failed
              tcptracer show -f trace.tct                    while this file, or the set of this name, is written
              tcptracer show trace.tct.gz trace.tct.zst      packed with gzip or zstd
              xzcat trace.tct.xz | tcptracer show -          from a pipe
            """) { follow, first, last, sort };
        files.AddTo(show);
        times.AddTo(show);
        output.AddTo(show);
        selection.AddTo(show);
        enrich.AddTo(show);
        show.SetAction(parsed => ShowHandler.Run(new ShowRequest
        {
            Files = files.Read(parsed),
            Selection = output.Widen(parsed, selection.Read(parsed)),
            Connections = output.ReadConnections(parsed),
            Times = times.Read(parsed),
            NewFormat = ReadFormat(output, parsed, times.IsGiven(parsed)),
            Order = ReadOrder(parsed, sort, follow, last, output),
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

    private static RowOrder? ReadOrder(
        ParseResult parsed, Option<string?> sort, Option<bool> follow, Option<string?> last, OutputOptions output)
    {
        if (parsed.GetValue(sort) is not { } text)
            return null;
        if (parsed.GetValue(follow))
            throw new SelectionException("--sort needs all rows before it shows the first: leave out --follow");
        if (parsed.GetValue(last) is not null)
        {
            throw new SelectionException("--last counts from the end of the files, not of what is sorted: "
                + "turn the order round, and write --first");
        }
        if (output.IsTimeSinceRowBefore(parsed))
            throw new SelectionException("--time delta is the time since the row before, in the order of the files: leave out --sort");
        return RowOrder.Parse(text, output.FieldsOf(parsed));
    }

    /// <summary>Each worker has a format of its own. A mistake in it is reported before any worker begins.</summary>
    private static Func<EventFormat> ReadFormat(OutputOptions output, ParseResult parsed, bool isTimeUsed)
    {
        _ = output.ReadFormat(parsed, isTimeUsed);
        return () => output.ReadFormat(parsed, isTimeUsed);
    }
}
