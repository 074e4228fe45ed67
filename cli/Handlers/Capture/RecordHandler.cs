using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Targets;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>Records events into a trace file. Things are opened in an order in which a failure costs least.</summary>
internal static class RecordHandler
{
    private static readonly TimeSpan s_flushInterval = TimeSpan.FromSeconds(1);

    /// <param name="request">What was asked for.</param>
    /// <param name="agent">
    /// Tells readers of the recording; null: an ordinary recording, which becomes a reader where there is an agent.
    /// </param>
    public static int Run(RecordRequest request, AgentSocket? agent = null)
    {
        Shortage.RequireThreads();
        Signals.HearInterrupts();
        RefusedPrograms.RequireKnown();
        Storage.Require(request.Storage, request.File);
        if (request is { ToStandardOutput: true, Print: not null })
            throw new SelectionException("-o - and --print would both write to standard output; name a file, or leave out --print");
        if (request.ToStandardOutput || request.Print is not null)
            StandardOutput.RequireOpen();
        if (request.ToStandardOutput && !Console.IsOutputRedirected)
            throw new SelectionException("a trace is binary: redirect standard output, or name a file with -o");
        // Older connections and progress are always recorded. Whether they are shown is decided when the trace is read
        var recorded = new EventFilter(request.Selection with { Existing = true, Progress = true });
        var shown = new EventFilter(request.Selection);
        if (request.Command is [var program, ..])
            ProgramSearch.Require(program);
        using AgentConnection? other = agent is null ? AgentConnection.Find() : null;
        if (other is not null)
            return AgentRecording.Run(request, other);
        using OneRecorder? only = OneRecorder.Claim();
        if (EventFormat.Names.Contains(request.File.Split('=')[0]))
            SayThatOutputIsAFile(request.File);
        using LiveWorkloads workloads = NamedCapture.Start(request.Capture);
        NamedCapture.SayIfNobodyKnowsNames(recorded, workloads, request.Capture);
        using LiveEventSource source = LiveHandler.Open(new CaptureOptions
        {
            Filter = recorded,
            Workloads = workloads,
            RingBytes = request.Capture.RingBytes,
            MaxConnections = request.Capture.MaxConnections,
            Arguments = request.Capture.Arguments,
            ProgressEvery = request.Capture.ProgressEvery,
            OnlyChildren = request.Command.Count > 0,
        });
        NetworkNamespace.LetGo();
        TraceHeader header = RecordingHeader.For(source, workloads, request.Capture, request.Command.Count);
        var settings = new TraceSettings(header, s_flushInterval, workloads.View, request.Metadata) { NamesAtEnd = workloads.NamesAtEnd };
        using RecordingTarget target = Storage.Open(request.Storage, request.File, request.Force, request.Verbose, settings);
        if (only is not null && !request.ToStandardOutput)
            only.File = () => target.NewestFile;
        using StandardOutput? output = request.Print is null ? null : new StandardOutput();
        FilterSink? printing = output is null ? null : new FilterSink(shown, new TextSink(output, request.Print!, request.WithStatus));
        var recording = new FilterSink(recorded, printing is null ? target : new Tee(target, printing));
        CountLimit limit = null!;
        var run = new Recording(request, source, target, output)
        {
            Unnamed = () => workloads.NamesAtEnd().Unnamed,
            Left = () => new LeftOut(recording.Hidden, limit.After),
            Privileges = new Privileges
            {
                Reopened = [.. workloads.Reopened, .. Storage.Reopened(request.Storage, request.File)],
                PassesSignals = request.Command.Count > 0,
            },
            SelectionResult = () => recording.Passed == 0 || printing is null
                ? SelectionResult.Of(recording, source.Unwanted, recorded) : SelectionResult.Of(printing, 0, shown),
        };
        limit = new CountLimit(request.Capture.Count, shown, recording, run.StopAtCount);
        IEventSink sink = limit;
        if (agent is not null)
        {
            agent.Serve(AgentStatus.Of(request, header, source, workloads, target));
            source.PauseEvery = () => agent.PauseEvery;
            sink = agent.FlushForReaders(target, sink);
        }
        if ((output ?? (target as SingleTrace)?.To as StandardOutput) is { } watched)
            sink = new ReaderWatch(watched, sink);
        return run.Run(sink);
    }

    /// <summary>Whoever types -o json wants to print JSON, as with <c>show</c>.</summary>
    private static void SayThatOutputIsAFile(string file) => Messages.Say(
        $"-o names the file: this writes a trace into a file called {file}; to print events as {file}, too: --print -O {file}");
}
