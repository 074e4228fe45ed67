using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>Prints the events of all nodes of a cluster as they happen.</summary>
internal static class ClusterLiveHandler
{
    public static int Run(ClusterLiveRequest request)
    {
        Shortage.RequireThreads();
        Signals.HearInterrupts();
        StandardOutput.RequireOpen();
        ClusterApi api = ClusterTarget.Find(request.Cluster);
        Selection scoped = NamedCapture.Scope(request.Selection, api.Namespace);
        var filter = new EventFilter(scoped);
        NameList names = ClusterTarget.Nodes(scoped);
        return ClusterTarget.With(api, () => AgentsOf.Run(api, request.Cluster, names, request.Duration, agents =>
        {
            var nodes = new ClusterNodes(api, agents, names);
            return Watch(request, scoped, filter, nodes);
        }));
    }

    private static int Watch(ClusterLiveRequest request, Selection scoped, EventFilter filter, ClusterNodes nodes)
    {
        using var output = new StandardOutput();
        var text = new TextSink(output, request.Format, request.WithStatus);
        ConnectionTracker? tracker = request.Connections ? ConnectionTracker.OfPrintedRows(text) : null;
        var shown = new FilterSink(filter, tracker is null ? text : tracker);
        var limit = new CountLimit(request.Count, filter, shown);
        var window = new MergeWindow(request.Delay, new ReaderWatch(output, limit));
        nodes.Find();
        nodes.Start(new StreamRequest
        {
            Options = ["--follow", .. ClusterTarget.Options(scoped)],
            Follow = true,
            SinkOf = _ => new WindowSink(window),
        });
        string scope = scoped == request.Selection ? "" : $", pods of namespace {scoped.Namespace} (-A: everything)";
        Messages.Say($"watching TCP connections on {Messages.Count(nodes.Streams.Count, "node")}{scope}; Ctrl-C ends");
        string Rows() => tracker is null ? $"{shown.Passed}" : Messages.Count(tracker.HandedOn, "connection");
        string Counters() => $"{Messages.Count(nodes.Streams.Sum(s => s.Sink.Events), "event")} of "
            + $"{Messages.Count(nodes.Streams.Count, "node")}, {Rows()} shown";
        bool isOver = false;
        using var signals = new Signals(_ => Volatile.Write(ref isOver, true), () => Messages.Say($"{Counters()}"));
        long end = request.Duration is { } duration ? Environment.TickCount64 + (long)duration.TotalMilliseconds : long.MaxValue;
        try
        {
            shown.OnPause(); // prints the header at once
            window.Run(() =>
            {
                nodes.Watch();
                return Volatile.Read(ref isOver) || limit.IsReached || Environment.TickCount64 >= end || nodes.HasEnded;
            }, nodes.Stop);
            tracker?.Finish();
        }
        catch (IOException e) when (StandardOutput.IsBrokenPipe(e))
        {
            nodes.Stop(); // as with `| head`: the reader has seen enough
        }
        Messages.Line(Counters());
        Messages.SayLetGo(tracker);
        if (window.Late > 0)
        {
            Messages.Line($"{Messages.Count(window.Late, "event")} came too late for their place in the order; "
                + $"a longer --delay waits for them");
        }
        return Close(nodes, shown.Passed == 0 ? scoped : null);
    }

    /// <summary>Says what was lost, and by whom.</summary>
    public static int Close(ClusterNodes nodes, Selection? inVain)
    {
        bool isAnyLost = false;
        foreach (NodeStream stream in nodes.Streams)
        {
            foreach ((LossSource source, long count) in stream.Sink.Lost)
            {
                isAnyLost = true;
                Messages.Line($"node {stream.Node}: {Messages.Lost(source, count)}: {Formats.Text.LossWords.Explain(source)}");
            }
        }
        if (!isAnyLost)
            Messages.Line("0 events lost");
        if (inVain is not null)
        {
            string what = inVain.Describe();
            string by = what.Length > 0 ? $" by {what}" : "", all = inVain.Namespace is null ? "" : " (-A: all namespaces)";
            Messages.Say($"no event was selected{by}{all}");
        }
        return nodes.Failure is { } failure ? throw failure : nodes.Streams.All(s => !s.HasBegun) ? ExitCode.Failed : ExitCode.Done;
    }
}
