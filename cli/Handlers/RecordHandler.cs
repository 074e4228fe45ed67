using System.Globalization;
using TcpTracer.Cli.Commands;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Recorder;

namespace TcpTracer.Cli.Handlers;

/// <summary>What <c>record</c> was asked for.</summary>
internal sealed record RecordRequest
{
    public required string File { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public required CaptureRequest Capture { get; init; }

    public required Selection Selection { get; init; }

    /// <summary>How to print as well; null: not at all.</summary>
    public EventFormat? Print { get; init; }

    public bool WithStatus { get; init; }

    public bool FailOnLoss { get; init; }

    public bool ToStandardOutput => File == "-";
}

/// <summary>Records events into a trace file.</summary>
internal static class RecordHandler
{
    private static readonly TimeSpan s_flushInterval = TimeSpan.FromSeconds(1);

    public static int Run(RecordRequest request)
    {
        if (request is { ToStandardOutput: true, Print: not null })
            throw new SelectionException("-o - and --print would both write to standard output; name a file, or leave out --print");
        if (request.ToStandardOutput && !Console.IsOutputRedirected)
            throw new SelectionException("a trace is binary: redirect standard output, or name a file with -o");
        // Connections that were there before are always recorded: what shows them later is a choice of the reader
        var recorded = new EventFilter(request.Selection with { Existing = true });
        var shown = new EventFilter(request.Selection);
        using LiveEventSource source = LiveEventSource.Open(new CaptureOptions
        {
            Filter = recorded,
            Node = request.Capture.Node,
            RingBytes = request.Capture.RingBytes,
            MaxConnections = request.Capture.MaxConnections,
            OnlyChildren = request.Command.Count > 0,
        });
        using Stream file = request.ToStandardOutput ? new StandardOutput() : TraceOutput.Create(request.File);
        using Stream? output = request.Print is null ? null : new StandardOutput();
        var trace = new TraceWriter(file, RecordingHeader.For(source, request.Capture), s_flushInterval);
        IEventSink sink = output is null ? trace : new Tee(trace, new FilterSink(shown, new TextSink(output, request.Print!, request.WithStatus)));
        return Record(request, source, trace, new CountLimit(request.Capture.Count, shown, new FilterSink(recorded, sink), source.Stop));
    }

    private static int Record(RecordRequest request, LiveEventSource source, TraceWriter trace, IEventSink sink)
    {
        string cause = "end of time or count";
        using CommandRunner? command = request.Command.Count > 0 ? CommandRunner.Start(request.Command, source, outputToStderr: request.ToStandardOutput) : null;
        using var signals = new Signals(signal =>
        {
            cause = signal.ToString();
            if (command is null)
                source.Stop();
            else
                command.Forward(signal);
        });
        if (command is null)
            Messages.Say($"recording to {NameOf(request)}; Ctrl-C ends");
        source.Run(sink, request.Capture.Duration);
        long lost = source.Lost.Values.Sum();
        trace.Finish(new TraceEnd(command is { HasExited: true } ? "command" : cause, source.Captured, trace.Events, lost));
        Messages.Line(ClosingLine(request, source, trace));
        Messages.SayLost(source.Lost);
        if (request.FailOnLoss && lost > 0)
            return ExitCode.LostOrDamaged;
        return command?.ExitStatus ?? ExitCode.Done;
    }

    private static string ClosingLine(RecordRequest request, LiveEventSource source, TraceWriter trace)
    {
        string perEvent = trace.Events == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {(double)trace.BytesWritten / trace.Events:0.0} B/event");
        return $"{Messages.Count(source.Captured, "event")} captured, {trace.Events} written to {NameOf(request)} ({Messages.Size(trace.BytesWritten)}{perEvent})";
    }

    private static string NameOf(RecordRequest request) => request.ToStandardOutput ? "standard output" : request.File;
}
