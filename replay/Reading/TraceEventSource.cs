using System.Collections.Concurrent;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Reading;

/// <summary>
/// Traces as a source of events. A sink gets the selected events, the clocks, the names and the losses in the order of the file, and cannot
/// tell it from the live source. <see cref="Selection"/> has the damages.
/// </summary>
/// <param name="selection">Which events.</param>
/// <param name="sink">Who gets them; called by one thread at a time.</param>
/// <param name="workers">How many threads unpack and filter.</param>
public sealed class TraceEventSource(TraceSelection selection, IEventSink sink, int workers) : ITraceConsumer
{
    /// <summary>Which events, and what was found.</summary>
    public TraceSelection Selection => selection;

    /// <summary>Files below this length, in bytes, are read by one worker.</summary>
    internal long ParallelFrom { get; init; } = BlockPipeline.WorthParallel;

    /// <summary>The header of the trace at hand; null: none was read.</summary>
    public TraceHeader? Header { get; private set; }

    /// <summary>A limit for what the sink makes of the events, of which each uses <see cref="Allowance.OfEvent"/>; null: none.</summary>
    public Allowance? Allowance { get; init; }

    /// <summary>Whether the sink has all that it wants; null: it wants everything. The rest of a trace is not even read then.</summary>
    public Func<bool>? IsOver { get; init; }

    /// <summary>Hands on one file: a plain one, a packed one, a pipe, or one that is still being written.</summary>
    /// <param name="trace">At its beginning; not closed.</param>
    /// <param name="from">What lies before is passed over.</param>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Run(Stream trace, EventPlace from = default)
    {
        Allowance?.BeginFile();
        new BlockPipeline(selection, this, workers) { ParallelFrom = ParallelFrom }.Run(trace, from);
    }

    ConsumerNeeds ITraceConsumer.Needs => ConsumerNeeds.Rows | ConsumerNeeds.Changes | ConsumerNeeds.AtOnce;

    IRowWorker ITraceConsumer.NewWorker() => new Worker(_free, sink.Parts);

    private const int MostInBatch = TraceLimits.WriterRows;
    private readonly ConcurrentBag<BlockBatch> _free = [];

    /// <summary>Rows become batches side by side; the sink gets these in order.</summary>
    private sealed class Worker(ConcurrentBag<BlockBatch> free, BatchParts parts) : IRowWorker
    {
        private readonly WholeEndFinder _finder = new();

        public int Work(SelectedRows rows)
        {
            ReadOnlySpan<int> next = rows.Rows[..Math.Min(rows.Rows.Length, MostInBatch)];
            rows.Batch = free.TryTake(out BlockBatch? batch) ? batch : new BlockBatch();
            rows.Batch.Begin(rows.Block, next, rows.View, parts, _finder);
            return next.Length;
        }
    }

    void ITraceConsumer.OnHeader(TraceHeader header, WorkloadView view)
    {
        Header = header;
        sink.OnWorkloads(new WorkloadChange(header.Clock.BootNs) { IsCheckpoint = true }, view);
        sink.OnClock(header.Clock);
    }

    void ITraceConsumer.OnClock(ClockSample sample) => sink.OnClock(in sample);

    void ITraceConsumer.OnWorkloads(WorkloadChange change, WorkloadView view) => sink.OnWorkloads(change, view);

    void ITraceConsumer.OnLoss(LossRecord loss) => sink.OnLoss(in loss);

    bool ITraceConsumer.OnRows(SelectedRows rows)
    {
        if (IsOver?.Invoke() == true)
            return false;
        Allowance?.ReadUpTo(rows.BlockEnd);
        if (Allowance?.Take(rows.Done * Allowance.OfEvent) == false)
        {
            selection.Findings.Add(new TraceDamage(TraceFault.BadRecord, rows.Offset,
                $"no more than {Allowance.Limit / Allowance.OfEvent} events of so short a trace", "more: what follows is left out"));
            selection.Findings.IsFinished = true;
            return false;
        }
        sink.OnEvents(rows.Batch!);
        _free.Add(rows.Batch!);
        sink.OnPause();
        if (IsOver?.Invoke() == true)
            selection.Stop();
        return true;
    }
}
