using TcpTracer.Cli.Commands;
using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Recorder;

namespace TcpTracer.Cli.Handlers;

/// <summary>Prints events as they happen.</summary>
internal static class LiveHandler
{
    public static int Run(CaptureRequest request, Selection selection, EventFormat format, bool withStatus)
    {
        var filter = new EventFilter(selection);
        using LiveEventSource source = LiveEventSource.Open(new CaptureOptions
        {
            Filter = filter,
            Node = request.Node,
            RingBytes = request.RingBytes,
            MaxConnections = request.MaxConnections,
        });
        using var signals = new Signals(_ => source.Stop());
        using Stream output = new StandardOutput();
        var text = new FilterSink(filter, new TextSink(output, format, withStatus));
        Messages.Say($"watching TCP connections on {request.Node}; Ctrl-C ends");
        source.Run(new CountLimit(request.Count, filter, text, source.Stop), request.Duration);
        Messages.Line($"{Messages.Count(source.Captured, "event")} captured, {text.Passed} shown");
        Messages.SayLost(source.Lost);
        return ExitCode.Done;
    }
}
