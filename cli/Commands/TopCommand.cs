using System.CommandLine;
using TcpTracer.Cli.Handlers.Rates;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Cli.Commands;

internal static class TopCommand
{
    private const string Notes = """
        CONN/s counts connects and accepts; FAILED/s what never became a connection; BROKEN/s what ended by a reset, a time-out or a kill.
        SENT/s and RECV/s are bytes of payload. The line above the rows counts each connection once, where `flow` tells that both its ends
        are there; rows count each end. A trace tells bytes at the end of a connection, unless it was recorded with --progress-every.

        Keys: q leaves; ? and h explain the keys; space stops time and lets it go on; left and right go to the slice of time before and
        after, PgUp and PgDn ten slices, Home and End to the first and last; a goes from one slice to all of the time, and back; b changes
        what rows are: command, workload, destination; s and S choose the column to sort by, r turns the order round; / finds rows by a
        text, Esc shows all again; up and down scroll. A narrow terminal has fewer columns; the one that is sorted by is always there.
        """;

    public static Command Create()
    {
        var files = new FileArguments("Trace files; none: what happens now", ArgumentArity.ZeroOrMore);
        var every = new TextOption("--every", "TIME", "How long a slice of time is (default 1s); of long files, longer");
        var selection = new SelectionOptions();
        var times = new TimeOptions();
        var enrich = new EnrichOption();
        var capture = new CaptureCommandOptions();
        var top = new DocumentedCommand("top", "Who makes how many connections a second, as a screen", """
              tcptracer top                          now, on this machine
              tcptracer top --failed                 only what fails
              tcptracer top trace.tct                of a trace: the arrow keys walk through its time
              tcptracer top trace.tct | head -20     without a terminal: one page, of all its time
            """) { every };
        top.Notes = Notes;
        files.AddTo(top);
        selection.AddTo(top);
        times.AddTo(top);
        enrich.AddTo(top);
        capture.AddTo(top);
        top.SetAction(parsed => TopHandler.Run(new TopRequest
        {
            Files = ReadFiles(parsed, files, times, capture),
            Selection = selection.Read(parsed),
            Times = times.Read(parsed),
            Enrichment = enrich.Read(parsed),
            Capture = capture.Read(parsed),
            Every = parsed.GetValue(every) is { } text ? Quantity.Time("--every", text) : TimeSpan.FromSeconds(1),
        }));
        return top;
    }

    private static string[] ReadFiles(ParseResult parsed, FileArguments files, TimeOptions times, CaptureCommandOptions capture)
    {
        string[] named = files.Read(parsed);
        if (named.Length == 0 && times.IsGiven(parsed))
            throw new SelectionException("--since and --until choose a part of a trace, and none is named");
        if (named.Length > 0 && capture.Given(parsed) is { } option)
            throw new SelectionException($"{option} is for what happens now, and a trace is named");
        return named;
    }
}
