using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Copies;

/// <summary>
/// Writes the selected events of traces into a new file: a trace for each trace, with the names that its events need. Losses stay at their
/// place. A block of which nothing is dropped or changed is copied as it is.
/// </summary>
/// <param name="selection">Which events.</param>
/// <param name="to">Where to; not closed.</param>
/// <param name="note">What the headers say of the copy.</param>
/// <param name="workers">How many threads unpack and filter.</param>
public sealed class TraceCopy(TraceSelection selection, Stream to, CopyNote note, int workers) : ITraceConsumer
{
    /// <summary>The cause of the end, where the recorder's own is missing.</summary>
    public const string NoEnd = "copied";

    private CopyWriter? _writer;
    private ClockSample _clock;
    private long _writtenBefore, _unreadBefore, _firstNs, _lastNs, _lost;
    private TraceEnd? _end;
    private bool _isMerged;

    /// <summary>Whether a reader of the copy waits for it: then nothing is held back until a block is full.</summary>
    public bool IsReadAlong { get; init; }

    /// <summary>What is changed in the copy; null: nothing.</summary>
    internal ICopyChange? Change { get; init; }

    /// <summary>Files below this length, in bytes, are read by one worker.</summary>
    internal long ParallelFrom { get; init; } = BlockPipeline.WorthParallel;

    /// <summary>Which events, and what was found.</summary>
    public TraceSelection Selection => selection;

    /// <summary>Bytes written.</summary>
    public long BytesWritten => _writtenBefore + (_writer?.BytesWritten ?? 0);

    /// <summary>What the copy says was lost, by cause.</summary>
    public Dictionary<LossSource, long> Lost { get; } = [];

    /// <summary>Whether not all texts of a header fitted into its record.</summary>
    public bool IsHeaderCut { get; private set; }

    /// <summary>Traces written.</summary>
    public int Traces { get; private set; }

    /// <summary>Blocks that were copied as they were.</summary>
    public long BlocksCopied { get; private set; }

    /// <summary>Copies one file.</summary>
    /// <param name="trace">At its beginning; not closed.</param>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Run(Stream trace)
    {
        try
        {
            new BlockPipeline(selection, this, workers) { ParallelFrom = ParallelFrom }.Run(trace);
        }
        catch (TraceException)
        {
            Finish(); // what stands before it is good
            throw;
        }
        Finish();
    }

    /// <summary>
    /// Writes something that changes nothing: whoever reads the copy from far away sees that it goes on. Only on the thread that runs it,
    /// while that waits for more of the file.
    /// </summary>
    public void SayAlive() => _writer?.RepeatClock();

    ConsumerNeeds ITraceConsumer.Needs =>
        ConsumerNeeds.Rows | ConsumerNeeds.Changes | ConsumerNeeds.AtOnce | (Change is null ? ConsumerNeeds.Frames : ConsumerNeeds.None);

    IRowWorker ITraceConsumer.NewWorker() => new Mentioning();

    /// <summary>What rows mention is found side by side.</summary>
    private sealed class Mentioning : IRowWorker
    {
        public int Work(SelectedRows rows)
        {
            if (rows.View.IsInformed)
                rows.Mentions = BlockMentions.Of(rows.Block, rows.Rows, rows.View);
            if (rows.Frame is not null && rows.Rows.Length == rows.Block.Rows)
                rows.Description = rows.Block.Describe(); // made anew: what its header says may be wrong
            return rows.Rows.Length;
        }
    }

    void ITraceConsumer.OnHeader(TraceHeader header, WorkloadView view)
    {
        Finish();
        header = header with
        {
            Minor = Math.Max(header.Minor, TraceHeader.CopyMinor),
            Earlier = 0, // it counts the events of the original
            Copies = [.. header.Copies.TakeLast(TraceLimits.Copies - 1), note],
        };
        _clock = header.Clock;
        _isMerged = header.Merged.Count > 0;
        _writer = new CopyWriter(to, header, Change);
        IsHeaderCut |= _writer.IsHeaderCut;
        (_firstNs, _lastNs, _lost, _end) = (long.MaxValue, header.Clock.BootNs, 0, null);
        Traces++;
    }

    void ITraceConsumer.OnClock(ClockSample sample) => _clock = sample; // written when something follows that needs it

    void ITraceConsumer.OnLoss(LossRecord loss)
    {
        if (!IsInWindow(in loss))
            return;
        _writer!.Under(in _clock);
        Write(loss);
    }

    /// <summary>What was lost before or after the window is not missing in the copy.</summary>
    private bool IsInWindow(in LossRecord loss) => selection.WindowAt(_clock.ToWall(loss.ToNs)) is not { } window
        || (_clock.ToWall(loss.ToNs) >= window.SinceNs && _clock.ToWall(loss.FromNs) < window.UntilNs);

    private void Write(in LossRecord loss)
    {
        Lost[loss.Source] = unchecked(Lost.GetValueOrDefault(loss.Source) + loss.Count);
        _lost = unchecked(_lost + loss.Count);
        _writer!.Write(in loss);
    }

    void ITraceConsumer.OnEnd(TraceEnd end) => _end = end;

    bool ITraceConsumer.OnRows(SelectedRows rows)
    {
        if (rows.Done == 0)
            return true;
        EventBlock block = rows.Block;
        _clock = block.Clock;
        _writer!.Under(in _clock);
        block.Read(rows.Rows[0], out TcpEvent first);
        _writer.Name(rows.Mentions, rows.View, first.TimestampNs);
        if (rows is { Description: { } header, Frame: { } frame })
        {
            Span(header.MinTimestamp);
            Span(header.MaxTimestamp);
            _writer.Copy(frame, header);
            BlocksCopied++;
        }
        else
            CopyRows(rows);
        if (IsReadAlong)
            _writer.Flush();
        return true;
    }

    private void CopyRows(SelectedRows rows)
    {
        foreach (int row in rows.Rows[..rows.Done])
        {
            rows.Block.Read(row, out TcpEvent e);
            Span(_isMerged ? e.WallNs : e.TimestampNs);
            _writer!.Write(in e);
        }
    }

    private void Span(long ns) => (_firstNs, _lastNs) = (Math.Min(_firstNs, ns), Math.Max(_lastNs, ns));

    private void Finish()
    {
        if (_writer is null)
            return;
        _writer.Under(in _clock);
        long unread = selection.Findings.Damages.Count > 0 ? selection.Findings.EventsUnread - _unreadBefore : 0;
        if (unread > 0)
            Write(new LossRecord(Math.Min(_firstNs, _lastNs), _lastNs, LossSource.Damage, unread, unread));
        _unreadBefore += Math.Max(0, unread);
        _writer.Finish(_end ?? new TraceEnd(NoEnd, _writer.Events, 0, _lost));
        _writtenBefore += _writer.BytesWritten;
        _writer = null;
    }
}
