using System.Collections.Concurrent;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay;

/// <summary>Takes the selected rows of a block; each worker has its own.</summary>
public interface IBlockConsumer
{
    /// <summary>Some rows of a block, good only during the call.</summary>
    void OnRows(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view);
}

/// <summary>
/// Reads traces with all processors for who does not care about order: blocks go to whichever worker is free. Memory is a few blocks.
/// </summary>
/// <param name="filter">Which events.</param>
/// <param name="times">Of which time.</param>
/// <param name="workers">How many threads.</param>
public sealed class BlockScan(EventFilter filter, TimeWindow times, int workers)
{
    private readonly EventFilter _filter = filter;
    private readonly TimeWindow _times = times;

    /// <summary>By what events are named.</summary>
    public Enrichment Enrichment { get; init; }

    /// <summary>What was found in all traces so far.</summary>
    public TraceFindings Findings { get; } = new();

    /// <summary>Reads one trace.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="consumers">One for each worker.</param>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Run(Stream trace, IReadOnlyList<IBlockConsumer> consumers)
    {
        int damagesBefore = Findings.Damages.Count;
        using var queue = new BlockingCollection<Work>(workers * 2);
        var visitor = new Visitor(this, queue, TraceNames.For(trace, Enrichment), new Worker(this, consumers[0]));
        Task[] running = [.. consumers.Select(c => Task.Factory.StartNew(() => new Worker(this, c).Drain(queue), TaskCreationOptions.LongRunning))];
        try
        {
            new TraceReader(trace, EventReading.LeavePacked | EventReading.Choose).Read(visitor);
        }
        finally
        {
            queue.CompleteAdding();
            Task.WaitAll(running);
            Findings.Damages.SortFrom(damagesBefore);
        }
    }

    private readonly record struct Work(PackedBlock Packed, WorkloadView View, WallWindow? Window);

    private sealed class Worker(BlockScan scan, IBlockConsumer consumer)
    {
        private readonly EventBlock _block = new();
        private readonly EntryCaches _caches = new();
        private readonly BlockFilter _filter = new(scan._filter);
        private int[] _rows = [];

        public void Drain(BlockingCollection<Work> queue)
        {
            foreach (Work work in queue.GetConsumingEnumerable())
            {
                TraceDamage? damage = work.Packed.Unpack(_block, _caches);
                if (damage is null)
                    Consume(_block, work.View, work.Window);
                else
                    lock (scan.Findings)
                        scan.Findings.Damages.Add(damage);
            }
        }

        public void Consume(EventBlock block, WorkloadView view, WallWindow? window)
        {
            if (_rows.Length < block.Rows)
                _rows = new int[block.Rows];
            int count = _filter.Select(block, view, _rows, window);
            lock (consumer)
                consumer.OnRows(block, _rows.AsSpan(0, count), view);
            lock (scan.Findings)
                scan.Findings.Events += block.Rows;
        }
    }

    private sealed class Visitor(BlockScan scan, BlockingCollection<Work> queue, TraceNames names, Worker inline) : ITraceVisitor
    {
        private readonly TimeWindow _times = scan._times;
        private WallWindow? _window;
        private ClockSample _clock;

        public void OnHeader(TraceHeader header)
        {
            scan.Findings.IsFinished = false;
            names.OnHeader(header);
            _clock = header.Clock;
            _window = _times.IsBounded ? _times.For(header) : null;
        }

        public bool PassesOver(BlockHeader header) => !header.MayHold(scan._filter, _window, _clock);

        public void OnPackedEvents(PackedBlock block) => queue.Add(new Work(block, names.View, _window));

        public void OnEvents(EventBlock block) => inline.Consume(block, names.View, _window);

        public void OnWorkloads(WorkloadChange change) => names.OnWorkloads(change);

        public void OnClock(in ClockSample sample) => _clock = sample;

        public void OnLoss(in LossRecord loss) => scan.Findings.Lost[loss.Source] = scan.Findings.Lost.GetValueOrDefault(loss.Source) + loss.Count;

        public void OnEnd(TraceEnd end) => scan.Findings.IsFinished = true;

        public void OnDamage(TraceDamage damage)
        {
            lock (scan.Findings)
                scan.Findings.Damages.Add(damage);
        }

        public void OnUnknown(string kind) => scan.Findings.AddUnknown([kind]);
    }
}
