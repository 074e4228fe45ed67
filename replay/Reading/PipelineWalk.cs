using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Findings;

namespace TcpTracer.Replay.Reading;

/// <summary>Turns the records of a file into steps of a <see cref="BlockPipeline"/>. Called by the one worker that reads.</summary>
internal sealed class PipelineWalk(TraceSelection selection, ITraceConsumer consumer, Stream trace, long from)
    : TraceWalk(selection, trace, ReadAheadOf(trace, from))
{
    private const int Page = 4096, Plenty = 128 * 1024;

    private readonly UnreadEvents _unread = new();

    /// <summary>What was read last.</summary>
    public List<PipelineStep> Steps { get; } = [];

    private static int ReadAheadOf(Stream trace, long from) =>
        from > 0 ? Page : trace.CanSeek ? (int)Math.Clamp(trace.Length, Page, Plenty) : Plenty;

    /// <summary>Events of the file that could not be read so far, but for blocks that do not unpack.</summary>
    public long Unread => _unread.Count;

    public override void OnBlockHeader(BlockHeader header)
    {
        _unread.OnBlockHeader(header);
        if (header.Rows > 0)
            Selection.Deleted?.Until(header.MaxTimestamp);
    }

    /// <summary>The file has no more.</summary>
    public void Finish() => _unread.OnFinish();

    private bool WantsChanges => consumer.Needs.HasFlag(ConsumerNeeds.Changes);

    private void HandOn(Action action) => Steps.Add(new PipelineStep { HandOn = action, Count = 0 });

    public override bool PassesOver(BlockHeader header)
    {
        _ = WindowAt(header); // the first block settles it, also one that is passed over
        bool passes = Reader.Offset < from || base.PassesOver(header);
        if (passes)
            _unread.OnEvents(header.Rows);
        return passes;
    }

    public override void OnPackedEvents(PackedBlock block)
    {
        WallWindow? window = WindowNow;
        _unread.OnEvents(block.Announced?.Rows ?? 0);
        if (block.Offset < from)
        {
            block.Drop();
            return;
        }
        block.IsKept = consumer.Needs.HasFlag(ConsumerNeeds.Frames);
        Steps.Add(new PipelineStep
        {
            Packed = block,
            Frame = block.IsKept ? block : null,
            RawBytes = block.RawBytes,
            Offset = block.Offset,
            End = block.End,
            View = View,
            Window = window,
        });
    }

    public override void OnHeader(TraceHeader header)
    {
        base.OnHeader(header);
        _unread.OnHeader();
        WorkloadView view = View;
        HandOn(() => consumer.OnHeader(header, view));
        if (Selection.Deleted?.Before(header) is { } loss)
            OnLoss(in loss);
    }

    public override void OnClock(in ClockSample sample)
    {
        base.OnClock(in sample);
        ClockSample copy = sample;
        if (WantsChanges)
            HandOn(() => consumer.OnClock(copy));
    }

    public override void OnWorkloads(WorkloadChange change)
    {
        base.OnWorkloads(change);
        WorkloadView view = View;
        if (WantsChanges)
            HandOn(() => consumer.OnWorkloads(change, view));
    }

    public override void OnEnd(TraceEnd end)
    {
        base.OnEnd(end);
        Selection.Deleted?.After(end);
        _unread.OnEnd(end);
        if (WantsChanges)
            HandOn(() => consumer.OnEnd(end));
    }

    public override void OnLoss(in LossRecord loss)
    {
        base.OnLoss(in loss);
        LossRecord copy = loss;
        HandOn(() => consumer.OnLoss(copy));
    }
}
