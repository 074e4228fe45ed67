using TcpTracer.Cli.Handlers.Copies;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Copies;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>
/// Copies what an agent records into a trace: what its files hold since a moment, and, if wanted, what comes. For each file of the agent
/// the copy has a trace, one after the other.
/// </summary>
internal sealed class AgentCopy
{
    private readonly AgentStatus _agent;
    private readonly TimeWindow _times;
    private readonly TraceCopy _copy;
    private readonly FollowedFiles _files;
    private volatile bool _isStopped;
    private long _written, _writtenAt = Environment.TickCount64;

    /// <param name="agent">Whose files.</param>
    /// <param name="selection">Which events.</param>
    /// <param name="times">From when on, and until when.</param>
    /// <param name="to">Where to; not closed.</param>
    /// <param name="isOver">Whether nobody wants more.</param>
    /// <param name="limit">The most events; null: all.</param>
    public AgentCopy(AgentStatus agent, Selection selection, TimeWindow times, Stream to, Func<bool> isOver, long? limit = null)
    {
        (_agent, _times) = (agent, times);
        Read = new TraceSelection(new EventFilter(selection with { Existing = true, Progress = true }), times) { Limit = limit };
        var note = new CopyNote(CopyNote.Filter, CopyRun.Described(selection, times), ProgramVersion.NameAndVersion);
        _copy = new TraceCopy(Read, to, note, workers: 1) { IsReadAlong = true };
        _files = new FollowedFiles(Read, () => IsOver(isOver), (_, trace) => _copy.Run(trace));
    }

    /// <summary>
    /// After so long without an event something is written all the same, so that a reader far away can tell a node where nothing happens
    /// from one that is gone. null: nobody is far away.
    /// </summary>
    public TimeSpan? LongestSilence { get; init; }

    /// <summary>What was copied and found.</summary>
    public TraceSelection Read { get; }

    /// <summary>Bytes written.</summary>
    public long BytesWritten => _copy.BytesWritten;

    /// <summary>What the copy says was lost, by cause.</summary>
    public IReadOnlyDictionary<LossSource, long> Lost => _copy.Lost;

    /// <summary>Copies.</summary>
    /// <param name="follow">Whether to go on with what comes, until <see cref="Stop"/> or the end of the agent.</param>
    /// <returns>An exit code.</returns>
    public int Run(bool follow)
    {
        IReadOnlyList<string> files = Files();
        int worst = EachTrace.Of(follow ? files.SkipLast(1) : files, (_, trace) =>
        {
            if (!_isStopped)
                _copy.Run(trace);
            return ExitCode.Done;
        });
        if (follow)
            worst = EachTrace.Worse(worst, _files.Run(new FilePart(files[^1])));
        return EachTrace.Worse(worst, Read.Findings.Damages.IsBeyondACut ? ExitCode.LostOrDamaged : ExitCode.Done);
    }

    /// <summary>It is asked again and again on the thread that copies, while that waits for more.</summary>
    private bool IsOver(Func<bool> isOver)
    {
        long now = Environment.TickCount64;
        if (_copy.BytesWritten != _written)
            (_written, _writtenAt) = (_copy.BytesWritten, now);
        else if (LongestSilence is { } longest && now - _writtenAt >= longest.TotalMilliseconds)
            _copy.SayAlive();
        return _isStopped || isOver();
    }

    /// <summary>Ends <see cref="Run"/>. From any thread.</summary>
    public void Stop() => _isStopped = true;

    /// <summary>The files that may hold events of the window: a file whose successor begins before it does not.</summary>
    private IReadOnlyList<string> Files()
    {
        IReadOnlyList<string> all = new TraceSetIndex(_agent.Set, RecordingHeader.BootId).Files;
        if (all.Count == 0)
            return [_agent.File];
        long since = _times.From(0).SinceNs;
        int first = all.Count - 1;
        while (first > 0 && !(EachTrace.BeginningNs(all[first]) <= since))
            first--;
        return [.. all.Skip(first)];
    }
}
