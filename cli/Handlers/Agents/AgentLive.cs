using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>Live output where an agent records already: loads no probes. Rows are the same as those of a recorder of our own.</summary>
internal static class AgentLive
{
    public static int Run(LiveRequest request, AgentConnection connection)
    {
        AgentStatus agent = connection.Status;
        Selection selection = request.Selection;
        Selection scoped = NamedCapture.Scope(selection, agent.Namespace);
        var filter = new EventFilter(scoped);
        using var output = new StandardOutput();
        var text = new TextSink(output, request.Format, request.WithStatus);
        ConnectionTracker? tracker = request.Connections ? ConnectionTracker.OfPrintedRows(text) : null;
        var live = new AgentFeed(request.Capture, filter, tracker is null ? text : tracker, () => StandardOutput.IsAbandoned);
        string Rows() => tracker is null ? Messages.Count(live.Shown.Passed, "event") : Messages.Count(tracker.HandedOn, "connection");
        using var signals = new Signals(_ => live.Stop(), () => Messages.Say($"{Rows()} shown; {Messages.Lost(live.Lost)}"));
        string scope = scoped == selection ? "" : $", pods of namespace {Messages.Foreign(scoped.Namespace!)} (-A: everything)";
        Messages.Say($"watching TCP connections on {Messages.Foreign(agent.Node)}{scope}, as the agent records them; Ctrl-C ends");
        int status = ExitCode.Done;
        try
        {
            status = live.Run(agent);
            tracker?.Finish();
        }
        catch (IOException e) when (StandardOutput.IsBrokenPipe(e))
        {
            // as with `| head`: the reader has seen enough
        }
        Messages.Line($"{Rows()} shown");
        Messages.SayLetGo(tracker);
        Messages.SayLost(live.Lost, hooksSkipped: 0);
        Messages.SayHidden(SelectionResult.Of(live.Shown, 0, filter));
        return status;
    }
}
