using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Reports;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers.Reports;

/// <summary>
/// Writes a page about traces. If a trace cannot be read, the page is about the others and names that one. What is said on stderr about
/// losses and damages stands in the page, too.
/// </summary>
internal static class ReportHandler
{
    public static int Run(ReportRequest request)
    {
        if (request.ToStandardOutput)
            StandardOutput.RequireOpen();
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        var selection = new TraceSelection(new EventFilter(request.Selection), times) { Enrichment = request.Enrichment };
        FileIdentity[] inputs = TraceFiles.IdentitiesOf(request.Files);
        using var unfinished = new UnfinishedFile();
        using Stream output = TraceFiles.Create(request.Output, request.Force ? IfExists.Overwrite : IfExists.Refuse, "HTML", inputs);
        var report = new Report();
        var source = new TraceEventSource(selection, report, Environment.ProcessorCount) { Allowance = new Allowance() };
        var story = new ReportStory(request);
        TraceFindings findings = selection.Findings;
        var toCome = new FilesToCome(request.Files);
        int worst = EachTrace.Of(request.Files, (file, trace) =>
        {
            int damagesBefore = findings.Damages.Count;
            toCome.Begin(report.Tracker);
            source.Run(trace);
            story.SayIncomplete(TraceEnds.Of(file, findings, findings.Damages.Skip(damagesBefore), isCutShort: false));
            story.AddTrace(file, source.Header, trace as PackedTrace);
            return ExitCode.Done;
        });
        if (story.IsAnyRead || selection.Passed > 0)
        {
            report.Finish();
            story.AddReport(report, selection, times);
            ReportPage.Write(report, story.Words(report, selection, times), output);
            SayWritten(request, report, selection, output);
        }
        return EachTrace.Worse(worst, TraceEnds.SayOfAll(selection, times));
    }

    private static void SayWritten(ReportRequest request, Report report, TraceSelection selection, Stream output)
    {
        if (output is not TraceOutput file)
            return;
        long size = file.CanSeek ? file.Length : 0;
        file.PlaceWhole();
        string written = size == 0 ? "" : $" ({Messages.Size(size)})";
        Messages.Line($"{Messages.Count(report.Connections, "connection")} of {Messages.Count(report.Events, "event")} "
            + $"in {Sentence.File(request.Output)}{written}{Messages.HiddenBy(selection)}");
    }
}
