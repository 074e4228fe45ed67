using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Copies;

/// <summary>
/// Writes a trace from events and names that were read: with the names that the events need, each before the first of them.
/// </summary>
internal sealed class CopyWriter
{
    private readonly TraceWriter _writer;
    private readonly ICopyChange? _change;
    private readonly bool _isMerged;
    private readonly Dictionary<int, CopiedNames> _names = [];
    private readonly Dictionary<int, (BlockMentions Rows, WorkloadView View)> _current = [];
    private ClockSample _clock;

    /// <param name="to">Where to; not closed.</param>
    /// <param name="header">Of the original.</param>
    /// <param name="change">What is changed; null: nothing.</param>
    public CopyWriter(Stream to, TraceHeader header, ICopyChange? change)
    {
        _change = change;
        _isMerged = header.Merged.Count > 0;
        _clock = header.Clock;
        _writer = new TraceWriter(to, change?.Of(header) ?? header, TimeSpan.MaxValue, null, MetadataScope.None);
    }

    /// <summary>Whether not all texts of the header fitted into its record.</summary>
    public bool IsHeaderCut => _writer.IsHeaderCut;

    /// <summary>Bytes so far.</summary>
    public long BytesWritten => _writer.BytesWritten;

    /// <summary>Events so far, with those in hand.</summary>
    public long Events => _writer.Events + _writer.EventsInHand;

    /// <summary>A block stands under one clock. That of a merged trace is wall time itself.</summary>
    public void Under(in ClockSample clock)
    {
        if (_isMerged || clock == _clock)
            return;
        Flush();
        _clock = clock;
        _writer.OnClock(_change?.Of(in clock) ?? clock);
    }

    /// <summary>Writes once more the clock that counts anyway: nothing changes.</summary>
    public void RepeatClock()
    {
        Flush();
        ClockSample again = _clock with { Cause = ClockCause.Periodic }; // nobody has set it again
        _writer.OnClock(_change?.Of(in again) ?? again);
    }

    /// <summary>Rows are about to be written: before them, what names them.</summary>
    /// <param name="mentions">What they mention, of each source.</param>
    /// <param name="view">What is known where they stand in the original.</param>
    /// <param name="atNs">When.</param>
    /// <param name="firstSource">What is added to the numbers of sources in the original.</param>
    public void Name(IReadOnlyCollection<BlockMentions>? mentions, WorkloadView view, long atNs, int firstSource = 0)
    {
        if (mentions is null)
            return;
        if (_writer.NeedsCheckpoint)
            BeginAnew(atNs);
        foreach (BlockMentions rows in mentions)
        {
            int source = firstSource + rows.Source;
            if (!_names.TryGetValue(source, out CopiedNames? names))
                _names.Add(source, names = new CopiedNames(source));
            WorkloadView known = view.For(rows.Source);
            CopiedNames.Due due = names.Before(rows, known, atNs);
            if (due.IsAboutRowsInHand)
                Flush();
            if (due.Change is { } change)
                _writer.WriteNames(_change?.Of(change) ?? change);
            _current[source] = (rows, known);
            if (_writer.EventsInHand > 0)
                names.Hold(rows, known); // else the first row does
        }
    }

    /// <summary>Everything is said again when it is needed; until then a reader need not know it.</summary>
    private void BeginAnew(long atNs)
    {
        Flush();
        _writer.BeginCheckpoint();
        foreach ((int source, CopiedNames names) in _names.Where(n => n.Value.IsInformed))
        {
            if (_isMerged)
                _writer.WriteNames(new WorkloadChange(atNs) { Source = source, IsCheckpoint = true });
            names.Clear();
        }
    }

    /// <summary>Writes an event.</summary>
    public void Write(in TcpEvent e)
    {
        if (_writer.EventsInHand == 0)
            HoldCurrent();
        if (_change is null)
            _writer.OnEvent(in e);
        else
            _writer.OnEvent(_change.Of(in e));
    }

    /// <summary>Copies a block as it is.</summary>
    public void Copy(PackedBlock block, BlockHeader description)
    {
        Flush();
        _writer.CopyBlock(block, description);
    }

    /// <summary>Writes a loss.</summary>
    public void Write(in LossRecord loss)
    {
        Flush();
        _writer.OnLoss(_change?.Of(in loss) ?? loss);
    }

    /// <summary>Ends the block in hand.</summary>
    public void Flush() => _writer.FlushBlock();

    /// <summary>Nothing is in hand: the rows that come now are of the blocks that are being copied.</summary>
    private void HoldCurrent()
    {
        foreach ((int source, CopiedNames names) in _names)
        {
            names.OnFlush();
            if (_current.TryGetValue(source, out (BlockMentions Rows, WorkloadView View) current))
                names.Hold(current.Rows, current.View);
        }
    }

    /// <summary>Writes the end.</summary>
    public void Finish(TraceEnd end)
    {
        Flush();
        end = end with { Written = _writer.Events };
        _writer.Finish(_change?.Of(end) ?? end);
    }
}
