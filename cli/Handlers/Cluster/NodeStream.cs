using System.Diagnostics.CodeAnalysis;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Cluster;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>
/// What the agent of one node streams, on a thread of its own. A stream that breaks is taken up again where it was, also from another pod
/// on the same node. Each change is said once.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "It lives as long as the command, as its thread does.")]
internal sealed class NodeStream
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(0.5), s_longestPause = TimeSpan.FromSeconds(10),
        s_endPatience = TimeSpan.FromSeconds(10), s_lastBlock = TimeSpan.FromSeconds(0.5);

    private readonly ClusterNodes _nodes;
    private readonly StreamRequest _request;
    private readonly TraceEventSource _source;
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();
    private readonly object _lock = new();
    private ExecStream? _stream;
    private string _lastError = "", _trouble = "";
    private long? _firstReadAt;
    private bool _isBegun, _hasGap, _hasBegunLate, _hasGivenAll;

    /// <param name="node">The name of the node.</param>
    /// <param name="nodes">Knows the agents.</param>
    /// <param name="request">What is wanted of each node.</param>
    public NodeStream(string node, ClusterNodes nodes, StreamRequest request)
    {
        (Node, _nodes, _request) = (node, nodes, request);
        Sink = new NodeSink(request.SinkOf(this), SayGap) { OnBegun = SayBegun };
        _source = new TraceEventSource(
            new TraceSelection(new EventFilter(new Selection { Existing = true, Progress = true }), TimeWindow.Everything), Sink,
                workers: 1);
        Sink.Header = () => _source.Header;
        _thread = new Thread(Run) { IsBackground = true, Name = $"node {node}" };
    }

    /// <summary>The name of the node.</summary>
    public string Node { get; }

    /// <summary>What came of it.</summary>
    public NodeSink Sink { get; }

    /// <summary>Whether it gave all that was asked for.</summary>
    public bool IsComplete => _hasGivenAll && !_hasBegunLate;

    /// <summary>What made the whole run fail; null: nothing.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Whether anything came of it that can be read.</summary>
    public bool HasBegun => _isBegun;

    /// <summary>Pieces of the stream: it broke once less often.</summary>
    public int Pieces { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => !_thread.IsAlive;

    public void Start() => _thread.Start();

    /// <summary>Asks the agent to end the stream.</summary>
    public void Stop()
    {
        _stop.Cancel();
        lock (_lock)
        {
            if (_stream is not { } stream || (_request.Follow && _isBegun && stream.CloseInput()))
                return;
        }
        if (_request.Follow && _isBegun)
            Thread.Sleep(s_lastBlock); // version 4 cannot end it in good order: what was flushed is still to come
        Abort();
    }

    /// <summary>Waits for the end of the stream; breaks it if that does not come.</summary>
    public void Join()
    {
        if (_thread.Join(s_endPatience))
            return;
        Abort();
        _thread.Join(s_endPatience);
    }

    private void Abort()
    {
        lock (_lock)
            _stream?.Abort();
    }

    private void Run()
    {
        TimeSpan pause = s_firstPause;
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                long seen = Sink.SeenNs;
                if (_nodes.PodOn(Node) is { } pod && ReadPiece(pod))
                    return;
                pause = Sink.SeenNs > seen ? s_firstPause : Min(pause * 2, s_longestPause);
                if (!_request.Follow && !_isBegun && _trouble.Length > 0 && pause == s_longestPause)
                    return; // what has happened is there now, or never
                _stop.Token.WaitHandle.WaitOne(pause);
                _nodes.Refresh();
            }
        }
        catch (Exception e)
        {
            Failure = e;
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <returns>Whether nothing more is to be had.</returns>
    private bool ReadPiece(AgentPod pod)
    {
        _lastError = "";
        try
        {
            using ExecStream stream = _nodes.Api.ExecAsync(pod, Command(), TakeError, _stop.Token).GetAwaiter().GetResult();
            using Stream trace = _request.Kept(this, stream);
            lock (_lock)
                _stream = stream;
            if (_stop.IsCancellationRequested)
                stream.CloseInput();
            return Read(stream, trace);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return true;
        }
        catch (ClusterException e)
        {
            return SayTrouble(ClusterFailure.Words(e), isFinal: e.Fault is ClusterFault.Forbidden or ClusterFault.NoTls);
        }
        finally
        {
            lock (_lock)
                _stream = null;
        }
    }

    private bool Read(ExecStream stream, Stream trace)
    {
        Sink.BeginPiece();
        Pieces++;
        _firstReadAt ??= Environment.TickCount64;
        string why = "";
        try
        {
            _source.Run(trace);
        }
        catch (TraceException e)
        {
            why = _lastError.Length > 0 ? "" : Messages.Of(e.Damage);
        }
        trace.CopyTo(Stream.Null); // what is left: the status comes last
        _hasGivenAll = stream.End is { ExitCode: ExitCode.Done or ExitCode.LostOrDamaged };
        if (_stop.IsCancellationRequested || (_hasGivenAll && !_request.Follow))
            return true;
        if (stream.End is null)
            return SayTrouble(stream.WhyBroken, isFinal: false);
        why = _lastError.Length > 0 ? _lastError : why.Length > 0 ? why : stream.End.Message;
        return SayTrouble(why.Length > 0 ? why : "the agent ended the stream", stream.End.ExitCode == ExitCode.Usage);
    }

    private IEnumerable<string> Command() => [.. _request.Command, .. Since(), .. _request.Options];

    /// <summary>
    /// A stream that is taken up again goes on where it was; if nothing had come, at its first beginning, by the node's clock.
    /// </summary>
    private string[] Since()
    {
        long? since = Sink.SeenNs > 0 ? Sink.SeenNs - NodeSink.OverlapNs : _request.SinceNs;
        return since is { } ns ? [$"--since={TimeWindow.Moment(ns)}"]
            : _firstReadAt is { } first ? [$"--since={Environment.TickCount64 - first}ms"] : [];
    }

    /// <summary>Sentences of the agent's program; its closing lines are none.</summary>
    private void TakeError(string line)
    {
        const string sentence = "tcptracer: ";
        if (line.StartsWith(sentence, StringComparison.Ordinal))
            _lastError = line[sentence.Length..];
    }

    private void SayBegun()
    {
        if (!_isBegun && _request.SinceNs is { } since && _source.Header?.Clock.WallNs is { } begin && begin > since + NodeSink.OverlapNs)
        {
            _hasBegunLate = true;
            Messages.Say($"node {Node}: its agent has recorded since {TimeWindow.Moment(begin)} only");
        }
        if (_trouble.Length > 0 && _isBegun)
            Messages.Say($"node {Node}: taken up again{(_hasGap ? "" : " without a gap")}");
        (_isBegun, _hasGap, _trouble) = (true, false, "");
    }

    private void SayGap(long fromNs, long toNs)
    {
        _hasGap = true;
        string span = $"from {TimeWindow.Moment(fromNs)} to {TimeWindow.Moment(toNs)}";
        Messages.Say($"node {Node}: there is a gap: nothing is known of the time {span}");
    }

    /// <returns>Whether to give up.</returns>
    private bool SayTrouble(string why, bool isFinal)
    {
        if (_stop.IsCancellationRequested)
            return true;
        Sentence then = isFinal ? "it is left out" : _isBegun ? "it is taken up again as soon as possible" : "it is tried again";
        string what = _isBegun ? "its stream broke" : "its agent cannot be read";
        if (_trouble.Length == 0 || isFinal)
            Messages.Say($"node {Node}: {what}: {Messages.Foreign(why)}; {then}");
        _trouble = why;
        return isFinal;
    }
}
