using System.Collections.Concurrent;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
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
    private readonly CallWindow _window = new(times);
    private readonly HiddenRows _hiddenRows = new(filter);
    private bool _isSpendingSaid;

    /// <summary>By what events are named.</summary>
    public Enrichment Enrichment { get; init; }

    /// <summary>How much may be made of what is read; what the consumers have, too.</summary>
    public Allowance Allowance { get; init; } = new();

    /// <summary>What was found in all traces so far.</summary>
    public TraceFindings Findings { get; } = new();

    /// <summary>Events that the selection let through.</summary>
    public long Passed { get; private set; }

    /// <summary>Events that it kept back.</summary>
    public long Hidden { get; private set; }

    /// <summary>Of these, connections older than the recorder that --existing would show; as long as nothing else is shown.</summary>
    public long ShownByExisting { get; private set; }

    /// <summary>The stretch of time that was shown; null: all of it.</summary>
    public WallWindow? Window => _window.Settled;

    /// <summary>Whether any trace knew names of pods.</summary>
    public bool HasNames { get; private set; }

    /// <summary>Reads one trace.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="consumers">One for each worker.</param>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Run(Stream trace, IReadOnlyList<IBlockConsumer> consumers)
    {
        int damagesBefore = Findings.Damages.Count;
        using var queue = new BlockingCollection<Work>(workers * 2);
        var visitor = new Visitor(this, queue, TraceNames.For(trace, Enrichment, Findings), new Worker(this, consumers[0]));
        Task[] running = [.. consumers.Select(c => Task.Factory.StartNew(() => new Worker(this, c).Drain(queue), TaskCreationOptions.LongRunning))];
        try
        {
            visitor.Reader = new TraceReader(trace, EventReading.LeavePacked | EventReading.Choose);
            visitor.Reader.Read(visitor);
        }
        finally
        {
            queue.CompleteAdding();
            Task.WaitAll(running);
            Findings.Damages.SortFrom(damagesBefore);
        }
    }

    private readonly record struct Work(PackedBlock Packed, WorkloadView View, WallWindow? Window, long BytesRead);

    private sealed class Worker(BlockScan scan, IBlockConsumer consumer)
    {
        private readonly EventBlock _block = new();
        private readonly EntryCaches _caches = new();
        private readonly BlockFilter _filter = new(scan._filter);
        private readonly HiddenRows _hidden = new(scan._filter);
        private int[] _rows = [];

        public void Drain(BlockingCollection<Work> queue)
        {
            foreach (Work work in queue.GetConsumingEnumerable())
            {
                scan.Allowance.Earn(work.BytesRead);
                if (scan.Allowance.IsSpent)
                {
                    work.Packed.Drop();
                    continue;
                }
                TraceDamage? damage = work.Packed.Unpack(_block, _caches);
                if (damage is null)
                    Consume(_block, work.View, work.Window, work.Packed.Offset);
                else
                    Report(damage);
            }
        }

        private void Report(TraceDamage damage)
        {
            lock (scan.Findings)
                scan.Findings.Damages.Add(damage);
        }

        public void Consume(EventBlock block, WorkloadView view, WallWindow? window, long offset)
        {
            if (_rows.Length < block.Rows)
                _rows = new int[block.Rows];
            int count = _filter.Select(block, view, _rows, window);
            lock (consumer)
                consumer.OnRows(block, _rows.AsSpan(0, count), view);
            if (scan.Allowance.IsSpent && !Interlocked.Exchange(ref scan._isSpendingSaid, true))
                Report(new TraceDamage(TraceFault.BadRecord, offset, $"no more than {scan.Allowance.Limit} bytes of names in groups of so short a trace", "more: what follows is not added up"));
            int older = count == 0 && scan.Passed == 0 ? _hidden.CountIn(block, view, window) : 0;
            lock (scan.Findings)
            {
                scan.Findings.Events += block.Rows;
                scan.Passed += count;
                scan.Hidden += block.Rows - count;
                scan.ShownByExisting += older;
            }
        }
    }

    private sealed class Visitor(BlockScan scan, BlockingCollection<Work> queue, TraceNames names, Worker inline) : ITraceVisitor
    {
        private ClockSample _clock;
        private long _earned;

        public TraceReader Reader { get; set; } = null!;

        public void OnHeader(TraceHeader header)
        {
            scan.Findings.IsFinished = false;
            names.OnHeader(header, Reader.Offset);
            _clock = header.Clock;
        }

        public bool PassesOver(BlockHeader header)
        {
            WallWindow? window = scan._window.At(_clock.ToWall(header.MinTimestamp));
            if (header.MayHold(scan._filter, window, in _clock))
                return false;
            lock (scan.Findings)
            {
                if (scan.Passed == 0 && scan._hiddenRows.MayBeIn(header, window, in _clock))
                    return false;
                scan.Hidden += header.Rows;
                scan.Findings.Events += header.Rows;
            }
            return true;
        }

        public void OnPackedEvents(PackedBlock block)
        {
            queue.Add(new Work(block, names.View, scan._window.At(_clock.WallNs), Reader.Offset - _earned));
            _earned = Reader.Offset;
        }

        public void OnEvents(EventBlock block) => inline.Consume(block, names.View, scan._window.At(_clock.WallNs), Reader.Offset);

        public void OnWorkloads(WorkloadChange change)
        {
            scan.HasNames |= !change.Pods.IsEmpty || !change.Containers.IsEmpty;
            names.OnWorkloads(change);
        }

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
