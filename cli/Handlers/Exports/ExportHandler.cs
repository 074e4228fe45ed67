using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Exports;

/// <summary>
/// Writes the events of traces for other tools. If a trace cannot be read, the others are written all the same. The file gets its name when
/// all is in it.
/// </summary>
internal static class ExportHandler
{
    public static int Run(ExportRequest request)
    {
        if (request.ToStandardOutput)
            StandardOutput.RequireOpen();
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        var selection = new TraceSelection(new EventFilter(request.Selection), times) { Enrichment = request.Enrichment };
        using var unfinished = new UnfinishedFile();
        using var export = Export.Begin(request, selection);
        bool isAnyRead = false;
        int worst = EachTrace.Read(request.Files, selection.Findings, (_, trace) =>
        {
            export.Read(trace);
            isAnyRead = true;
        }, isPrinting: request.ToStandardOutput);
        if (isAnyRead || selection.Passed > 0)
            Finish(export, request, selection);
        return EachTrace.Worse(worst, TraceEnds.SayOfAll(selection, times));
    }

    private static void Finish(Export export, ExportRequest request, TraceSelection selection)
    {
        export.Finish();
        if (export.LeftOut > 0)
            Messages.Say($"{Messages.Count(export.LeftOut, "event")} left out, of which no packet tells: nothing was sent");
        Messages.SayLetGo(export.Tracker);
        Messages.SayCountedTwice(export.Tracker);
        if (request.ToStandardOutput)
            return;
        string files = export.Files is { } count ? $" in {Messages.Count(count, "file")}" : "";
        string rows = export.Tracker is { } tracker
            ? Messages.Count(tracker.HandedOn, "connection") : Messages.Count(selection.Passed, "event");
        Messages.Line($"{rows} written to {Sentence.File(request.Output)} "
            + $"({Messages.Size(export.BytesWritten)}{files}){Messages.HiddenBy(selection)}");
    }
}
