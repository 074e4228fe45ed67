using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Screens;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Rates;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Rates;

/// <summary>Shows who makes how many connections a second, of traces. Without a terminal it prints one frame: all of the time.</summary>
internal static class TopHandler
{
    // No reader of a pipe or a file wants names shortened.
    private const int PrintedWidth = 100_000, PrintedHeight = 54;

    public static int Run(TopRequest request)
    {
        if (request.Files.Count == 0)
            return LiveTop.Run(request);
        StandardOutput.RequireOpen();
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        var selection = new TraceSelection(new EventFilter(request.Selection), times) { Enrichment = request.Enrichment };
        var table = new RateTable(request.Every.Ticks * TimeSpan.NanosecondsPerTick, WhenFull.Coarsen);
        var source = new TraceEventSource(selection, table, Environment.ProcessorCount);
        int worst = EachTrace.Read(request.Files, selection.Findings, (_, trace) => source.Run(trace));
        worst = EachTrace.Worse(worst, TraceEnds.SayOfAll(selection, times));
        if (selection.Passed == 0)
            return worst;
        string title = request.Files.Count == 1 ? $"{Sentence.File(request.Files[0])}" : Messages.Count(request.Files.Count, "file");
        var view = new TopView(title, isLive: false);
        TopState state = TopState.OfFile;
        if (!Terminal.IsInteractive || request.Files.Contains("-"))
            Print(view.Lines(table, state, PrintedWidth, PrintedHeight));
        else
            Watch(new TopScreen(table, view, state, isLive: false));
        return worst;
    }

    /// <summary>The frame, without the line of keys and the empty lines before it.</summary>
    private static void Print(IReadOnlyList<string> lines)
    {
        foreach (string line in lines.SkipLast(1).Where(l => l.Length > 0))
            Messages.Print($"{line}");
    }

    private static void Watch(TopScreen screen)
    {
        using var signals = new Signals(_ => screen.Stop(), () => { });
        screen.Run();
    }
}
