using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Reading;

/// <summary>Turns the records of a file into steps of a <see cref="BlockPipeline"/>. Called by the one worker that reads.</summary>
internal sealed class PipelineWalk(TraceSelection selection, ITraceConsumer consumer, Stream trace, long from)
    : TraceWalk(selection, trace, ReadAheadOf(trace, from))
{
    private const int Page = 4096, Plenty = 128 * 1024;

    /// <summary>What was read last.</summary>
    public List<PipelineStep> Steps { get; } = [];

    private static int ReadAheadOf(Stream trace, long from) =>
        from > 0 ? Page : trace.CanSeek ? (int)Math.Clamp(trace.Length, Page, Plenty) : Plenty;

    private bool TellsChanges => consumer.Needs.HasFlag(ConsumerNeeds.Changes);

    private void Tell(Action action) => Steps.Add(new PipelineStep { Tell = action, Count = 0 });

    public override bool PassesOver(BlockHeader header)
    {
        _ = WindowAt(header); // the first block settles it, also one that is passed over
        return Reader.Offset < from || base.PassesOver(header);
    }

    public override void OnPackedEvents(PackedBlock block)
    {
        WallWindow? window = WindowNow;
        if (block.Offset < from)
        {
            block.Drop();
            return;
        }
        Steps.Add(new PipelineStep
        {
            Packed = block,
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
        WorkloadView view = View;
        Tell(() => consumer.OnHeader(header, view));
    }

    public override void OnClock(in ClockSample sample)
    {
        base.OnClock(in sample);
        ClockSample copy = sample;
        if (TellsChanges)
            Tell(() => consumer.OnClock(copy));
    }

    public override void OnWorkloads(WorkloadChange change)
    {
        base.OnWorkloads(change);
        WorkloadView view = View;
        if (TellsChanges)
            Tell(() => consumer.OnWorkloads(change, view));
    }

    public override void OnLoss(in LossRecord loss)
    {
        base.OnLoss(in loss);
        LossRecord copy = loss;
        Tell(() => consumer.OnLoss(copy));
    }
}
