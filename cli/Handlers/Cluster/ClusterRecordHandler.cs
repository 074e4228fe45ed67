using TcpTracer.Cli.Handlers.Copies;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Recorder.Cluster;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>Makes one trace of what all nodes of a cluster record, from now on or since a moment.</summary>
internal static class ClusterRecordHandler
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(100), s_progress = TimeSpan.FromSeconds(1);

    public static int Run(ClusterRecordRequest request)
    {
        if (request.Output == "-")
            throw new SelectionException("-o names a file: the streams of the nodes lie beside it until they are joined");
        Shortage.RequireThreads();
        Signals.HearInterrupts();
        ClusterApi api = ClusterTarget.Find(request.Cluster);
        _ = new EventFilter(request.Selection); // reports a mistake in it before anything is started
        NameList names = ClusterTarget.Nodes(request.Selection);
        return ClusterTarget.With(api, () => AgentsOf.Run(api, request.Cluster, names, request.Duration,
            agents => Record(request, new ClusterNodes(api, agents, names))));
    }

    private static int Record(ClusterRecordRequest request, ClusterNodes nodes)
    {
        nodes.Find(); // before anything is made, because that may take long
        using var to = (TraceOutput)TraceFiles.Create(request.Output, request.Force ? IfExists.Overwrite : IfExists.MoveAside);
        var parts = new NodeParts(to.Path);
        parts.Begin();
        bool isFollowing = request.SinceNs is null;
        try
        {
            nodes.Start(new StreamRequest
            {
                Options = [.. isFollowing ? ["--follow"] : Array.Empty<string>(), .. ClusterTarget.Options(request.Selection)],
                SinceNs = request.SinceNs,
                Follow = isFollowing,
                SinkOf = _ => new Nobody(),
                Kept = parts.Keep,
            });
        }
        catch
        {
            parts.Remove();
            throw;
        }
        Messages.Say(isFollowing
            ? $"recording to {Sentence.File(request.Output)} from {Messages.Count(nodes.Streams.Count, "node")}; Ctrl-C ends"
            : Sentence.Of($"collecting into {Sentence.File(request.Output)} from {Messages.Count(nodes.Streams.Count, "node")}"));
        Await(request, nodes);
        nodes.Stop();
        if (nodes.Failure is { } failure)
        {
            SayKept(parts);
            throw failure;
        }
        return Join(request, nodes, parts, to);
    }

    private static void Await(ClusterRecordRequest request, ClusterNodes nodes)
    {
        bool isOver = false;
        long Events() => nodes.Streams.Sum(s => s.Sink.Events);
        Sentence SoFar() => $"{Messages.Count(Events(), "event")} of {Messages.Count(nodes.Streams.Count, "node")}";
        using var signals = new Signals(_ => Volatile.Write(ref isOver, true), () => Messages.Say(SoFar()));
        long end = request.Duration is { } duration ? Environment.TickCount64 + (long)duration.TotalMilliseconds : long.MaxValue;
        long said = Environment.TickCount64;
        while (!Volatile.Read(ref isOver) && Environment.TickCount64 < end && !nodes.HasEnded && nodes.Failure is null)
        {
            Thread.Sleep(s_period);
            nodes.Watch();
            if (!Messages.HasTerminal || Environment.TickCount64 - said < s_progress.TotalMilliseconds)
                continue;
            said = Environment.TickCount64;
            Messages.Transient(SoFar());
        }
        Messages.ClearTransient();
    }

    private static int Join(ClusterRecordRequest request, ClusterNodes nodes, NodeParts parts, TraceOutput to)
    {
        // The clock of the first is the one that counts: always of the same node, whichever stream began first
        string[] files = [.. parts.All.Where(p => new FileInfo(p.File).Length > 0)
            .OrderBy(p => p.Node, StringComparer.Ordinal).Select(p => p.File)];
        if (files.Length == 0)
        {
            parts.Remove();
            throw new UserException($"no node gave anything: {Sentence.File(request.Output)} is not written", ExitCode.Failed);
        }
        AbsentNode[] absent = [.. nodes.Streams.Where(s => !s.HasBegun).Select(s => new AbsentNode(s.Node, AbsentNode.Silent)),
            .. nodes.Unread.Select(n => new AbsentNode(n, AbsentNode.NotRunning))];
        int status;
        try
        {
            status = MergeHandler.Into(to, new CopyRequest
            {
                Files = files,
                Output = request.Output,
                Selection = new Selection(),
                Times = TimeWindow.Everything,
            }, new MergeStyle
            {
                IsAligned = request.IsAligned,
                Overlaps = parts.Overlaps(),
                IsContinued = parts.IsContinued,
                NameOf = file => Sentence.Of($"node {parts.NodeOf(file)}"),
                AreStreams = true,
                Absent = absent,
            });
        }
        catch
        {
            SayKept(parts);
            throw;
        }
        parts.Remove();
        foreach (AbsentNode node in absent)
            Messages.Line(Messages.Of(node));
        int closed = ClusterLiveHandler.Close(nodes, inVain: null);
        bool isWhole = nodes.Unread.Count == 0 && nodes.Streams.All(s => request.SinceNs is null ? s.HasBegun : s.IsComplete);
        return EachTrace.Worse(EachTrace.Worse(status, closed), isWhole ? ExitCode.Done : ExitCode.LostOrDamaged);
    }

    private static void SayKept(NodeParts parts)
    {
        if (parts.All.Count > 0)
        {
            Messages.Say($"what the nodes gave is kept in {Sentence.File(parts.Folder)}; to join it: "
                + $"tcptracer merge {Sentence.File(parts.Folder)}/*.tct -o FILE");
        }
    }

    /// <summary>Takes events that are only counted: their bytes are kept as they are.</summary>
    private sealed class Nobody : IEventSink
    {
        public void OnEvent(in TcpEvent e)
        {
        }
    }
}
