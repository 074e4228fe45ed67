using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Summaries;

/// <summary>Takes the selected rows of a block; each worker has its own.</summary>
public interface IBlockConsumer
{
    /// <summary>Some rows of a block, which are good only during the call.</summary>
    void OnRows(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view);
}

/// <summary>Reads traces with all processors, for consumers that need no order: each worker gives its rows to its own consumer.</summary>
/// <param name="selection">Which events.</param>
public sealed class BlockScan(TraceSelection selection) : ITraceConsumer
{
    private IReadOnlyList<IBlockConsumer> _consumers = [];
    private int _workersMade;
    private bool _isSpendingSaid;

    /// <summary>Which events, and what was found.</summary>
    public TraceSelection Selection => selection;

    /// <summary>The limit for what the consumers make of the traces. They use it, too.</summary>
    public Allowance Allowance { get; init; } = new();

    /// <summary>Files below this length, in bytes, are read by one worker.</summary>
    internal long ParallelFrom { get; init; } = BlockPipeline.WorthParallel;

    /// <summary>Reads one file.</summary>
    /// <param name="trace">At its beginning; not closed.</param>
    /// <param name="consumers">One for each worker. Of a short file only the first gets rows.</param>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Run(Stream trace, IReadOnlyList<IBlockConsumer> consumers)
    {
        Allowance.BeginFile();
        _consumers = consumers;
        _workersMade = 0;
        new BlockPipeline(selection, this, consumers.Count) { ParallelFrom = ParallelFrom }.Run(trace);
    }

    ConsumerNeeds ITraceConsumer.Needs => ConsumerNeeds.None;

    IRowWorker ITraceConsumer.NewWorker() => new Worker(this, _consumers[Interlocked.Increment(ref _workersMade) - 1]);

    private sealed class Worker(BlockScan scan, IBlockConsumer consumer) : IRowWorker
    {
        public int Work(SelectedRows rows)
        {
            scan.Allowance.ReadUpTo(rows.BlockEnd);
            if (!scan.Allowance.IsSpent)
                consumer.OnRows(rows.Block, rows.Rows, rows.View);
            return rows.Rows.Length;
        }
    }

    bool ITraceConsumer.OnRows(SelectedRows rows)
    {
        if (Allowance.IsSpent && !_isSpendingSaid)
        {
            _isSpendingSaid = true;
            selection.Findings.Add(new TraceDamage(TraceFault.BadRecord, rows.Offset,
                $"no more than {Allowance.Limit} bytes of names in groups of so short a trace", "more: what follows is not added up"));
        }
        return true;
    }
}
