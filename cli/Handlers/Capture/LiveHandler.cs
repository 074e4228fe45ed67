using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>Prints events as they happen.</summary>
internal static class LiveHandler
{
    public static int Run(LiveRequest request)
    {
        Shortage.RequireThreads();
        Signals.HearInterrupts();
        RefusedPrograms.RequireKnown();
        StandardOutput.RequireOpen();
        CaptureRequest capture = request.Capture;
        _ = new EventFilter(request.Selection); // reports a mistake in it before anything is started
        using AgentConnection? agent = AgentConnection.Find();
        if (agent is not null)
            return AgentLive.Run(request, agent);
        using OneRecorder? only = OneRecorder.Claim();
        using LiveWorkloads workloads = NamedCapture.Start(capture);
        Selection selection = request.Selection with { Progress = request.Selection.Progress || capture.ProgressEvery is not null };
        Selection scoped = NamedCapture.Scope(selection, workloads.Namespace);
        var filter = new EventFilter(scoped);
        NamedCapture.SayIfNobodyKnowsNames(filter, workloads, capture);
        using LiveEventSource source = Open(new CaptureOptions
        {
            Filter = filter,
            Workloads = workloads,
            RingBytes = capture.RingBytes,
            MaxConnections = capture.MaxConnections,
            Arguments = capture.Arguments,
            ProgressEvery = capture.ProgressEvery,
        });
        NetworkNamespace.LetGo();
        new Privileges { Reopened = workloads.Reopened }.GiveUpOthers();
        using var output = new StandardOutput();
        var text = new TextSink(output, request.Format, request.WithStatus);
        ConnectionTracker? tracker = request.Connections ? ConnectionTracker.OfPrintedRows(text) : null;
        var shown = new FilterSink(filter, tracker is null ? text : tracker);
        string Rows() => tracker is null ? $"{shown.Passed}" : Messages.Count(tracker.HandedOn, "connection");
        string Counters() => $"{Messages.Count(source.Captured, "event")} captured, {Rows()} shown";
        using var signals = new Signals(_ => source.Stop(), () => Messages.Say($"{Counters()}; {Messages.Lost(source.Lost)}"));
        string scope = scoped == selection ? "" : $", pods of namespace {scoped.Namespace} (-A: everything)";
        Messages.Say($"watching TCP connections on {workloads.View.Host.Node}{scope}; Ctrl-C ends");
        try
        {
            shown.OnPause(); // prints the header at once
            source.Run(new ReaderWatch(output, new CountLimit(capture.Count, filter, shown, source.Stop)), capture.Duration);
            tracker?.Finish();
        }
        catch (IOException e) when (StandardOutput.IsBrokenPipe(e))
        {
            // as with `| head`: the reader has seen enough
        }
        Messages.Line(Counters());
        Messages.SayLetGo(tracker);
        Messages.SayLost(source.Lost, source.HooksSkipped);
        Messages.SayUnfinished(source.AtEnd);
        Messages.SayShortfalls(source.Shortfalls);
        Messages.SayHidden(SelectionResult.Of(shown, source.Unwanted, filter));
        return ExitCode.Done;
    }

    /// <summary>Loads and attaches the probes. SIGUSR1 and SIGUSR2 do not disturb it.</summary>
    public static LiveEventSource Open(CaptureOptions options)
    {
        using var held = new RequestSignalsHeld();
        return LiveEventSource.Open(options);
    }
}
