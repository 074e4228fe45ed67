using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Replay.Reading;

/// <summary>
/// Walks through one file for a selection, record by record. It keeps the clock, the names and the time window in force, and leaves blocks
/// packed.
/// </summary>
internal abstract class TraceWalk : ITraceVisitor
{
    private readonly TraceNames _names;
    private readonly HiddenRows _hidden;

    /// <param name="selection">What is wanted.</param>
    /// <param name="trace">At its beginning; not closed.</param>
    /// <param name="readAhead">How many bytes are read at once.</param>
    /// <exception cref="ReadOnceException">Hindsight reads twice, and this is a pipe, or packed.</exception>
    protected TraceWalk(TraceSelection selection, Stream trace, int readAhead)
    {
        Selection = selection;
        _names = TraceNames.For(trace, selection.Enrichment, selection.Findings);
        _hidden = new HiddenRows(selection.Filter);
        Reader = new TraceReader(trace, EventReading.LeavePacked | EventReading.Choose, readAhead);
    }

    /// <summary>What is wanted.</summary>
    protected TraceSelection Selection { get; }

    /// <summary>Reads the file.</summary>
    public TraceReader Reader { get; }

    /// <summary>Names that hold for the block at hand.</summary>
    protected WorkloadView View => _names.View;

    /// <summary>The clock in force.</summary>
    protected ClockSample Clock { get; private set; }

    /// <summary>The window for a block that has no header that says when it begins.</summary>
    protected WallWindow? WindowNow => Selection.WindowAt(Clock.WallNs);

    /// <summary>The window for a block that has a header.</summary>
    protected WallWindow? WindowAt(BlockHeader header) => Selection.WindowAt(Clock.ToWall(header.MinTimestamp));

    /// <summary>Whether a block may hold a selected event.</summary>
    protected bool MayHold(BlockHeader header) => header.MayHold(Selection.Filter, WindowAt(header), Clock);

    /// <summary>A block of events, which is now this object's to unpack or drop.</summary>
    public abstract void OnPackedEvents(PackedBlock block);

    /// <inheritdoc/>
    public virtual bool PassesOver(BlockHeader header)
    {
        Selection.ExtendSpan(Clock.ToWall(header.MinTimestamp), Clock.ToWall(header.MaxTimestamp));
        if (MayHold(header) || (Selection.Passed == 0 && _hidden.MayBeIn(header, WindowAt(header), Clock)))
            return false;
        Selection.CountBlock(header.Rows, hidden: header.Rows);
        return true;
    }

    /// <inheritdoc/>
    public virtual void OnHeader(TraceHeader header)
    {
        _names.OnHeader(header, Reader.Offset);
        Clock = header.Clock;
        Selection.OnHeader(header);
    }

    /// <inheritdoc/>
    public virtual void OnWorkloads(WorkloadChange change)
    {
        Selection.OnWorkloads(change);
        _names.OnWorkloads(change);
    }

    /// <inheritdoc/>
    public virtual void OnClock(in ClockSample sample) => Clock = sample;

    /// <inheritdoc/>
    public virtual void OnLoss(in LossRecord loss) => Selection.Findings.Add(in loss);

    /// <inheritdoc/>
    public virtual void OnEnd(TraceEnd end) => Selection.Findings.Add(end);

    /// <inheritdoc/>
    public virtual void OnBlockHeader(BlockHeader header)
    {
    }

    /// <inheritdoc/>
    public void OnDamage(TraceDamage damage) => Selection.Findings.Add(damage);

    /// <inheritdoc/>
    public void OnUnknown(string kind) => Selection.Findings.AddUnknown([kind]);

    /// <inheritdoc/>
    public void OnEvents(EventBlock block) => throw new NotSupportedException("all blocks are left packed");
}
