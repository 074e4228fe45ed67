using System.Buffers;
using System.Runtime.ExceptionServices;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Replay.Reading;

/// <summary>
/// Reads traces with all processors. Whichever worker is free reads the next record, unpacks and filters a block, works on some of its
/// rows, or has the consumer take what is done, in the order of the file. So the result is the same for any number of workers. Memory is
/// bounded by a few blocks, or by one very large one.
/// </summary>
/// <param name="selection">What is wanted.</param>
/// <param name="consumer">Who gets it.</param>
/// <param name="workers">How many threads.</param>
internal sealed class BlockPipeline(TraceSelection selection, ITraceConsumer consumer, int workers)
{
    private const int RowsInPart = 1024, BlocksAhead = 2, PartsAhead = 4, RawBytesAhead = 4 << 20, LargestKeptText = 2 << 20;
    private readonly object _lock = new();
    private readonly LinkedList<PipelineStep> _steps = new();
    private readonly Stack<EventBlock> _freeBlocks = new();
    private readonly Stack<TextBuffer> _freeTexts = new();
    private PipelineWalk _walk = null!;
    private bool _isReading, _isConsuming, _isReadToEnd, _isCut;
    private long _rowsToSkip, _rowsInBadBlocks;
    private int _partsInWork, _rawBytesInWork;
    private Exception? _failure;
    private TraceException? _refusal;

    /// <summary>From this length on, in bytes, a file is worth more than one worker.</summary>
    public const long WorthParallel = 1 << 20;

    /// <summary>Files below this length, in bytes, are read by one worker.</summary>
    public long ParallelFrom { get; init; } = WorthParallel;

    /// <summary>Reads one file.</summary>
    /// <param name="trace">At its beginning; not closed.</param>
    /// <param name="from">What lies before is passed over.</param>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Run(Stream trace, EventPlace from = default)
    {
        _isReadToEnd = _isCut = false;
        _failure = _refusal = null;
        _rowsToSkip = from.Rows;
        int damagesBefore = selection.Findings.Damages.Count;
        long damagesBeforeInAll = selection.Findings.Damages.Total;
        _rowsInBadBlocks = 0;
        _walk = new PipelineWalk(selection, consumer, trace, from.Offset);
        Thread[] helpers = [.. Enumerable.Range(0, HelpersFor(trace)).Select(_ => new Thread(Work) { IsBackground = true })];
        foreach (Thread helper in helpers)
            helper.Start();
        Work();
        foreach (Thread helper in helpers)
            helper.Join();
        selection.Findings.Damages.SortFrom(damagesBefore);
        _walk.Finish();
        if (selection.Findings.Damages.Total > damagesBeforeInAll)
            selection.Findings.EventsUnread += _walk.Unread + _rowsInBadBlocks;
        if ((_failure ?? _refusal) is { } e)
            ExceptionDispatchInfo.Throw(e);
    }

    private int HelpersFor(Stream trace)
    {
        bool isWorthIt = trace.CanSeek ? trace.Length >= ParallelFrom : !consumer.Needs.HasFlag(ConsumerNeeds.AtOnce);
        return isWorthIt ? workers - 1 : 0;
    }

    private sealed class Worker(IRowWorker onRows, EventFilter filter)
    {
        public readonly IRowWorker OnRows = onRows;
        public readonly BlockFilter Filter = new(filter);
        public readonly HiddenRows Hidden = new(filter);
        public readonly EntryCaches Caches = new();
    }

    private void Work()
    {
        try
        {
            var worker = new Worker(consumer.NewWorker(), selection.Filter);
            lock (_lock)
            {
                while (!_isReadToEnd || _steps.Count > 0)
                {
                    if (_failure is not null)
                        return;
                    if (!TryConsume() && !TryWork(worker) && !TrySelect(worker) && !TryRead())
                        Monitor.Wait(_lock);
                }
            }
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _failure ??= e;
                _isReadToEnd = true;
            }
        }
        finally
        {
            lock (_lock)
                Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Does something outside the lock, and wakes the others when it is done.</summary>
    private void Outside(Action action)
    {
        Monitor.Exit(_lock);
        try
        {
            action();
        }
        finally
        {
            Monitor.Enter(_lock);
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Consumes what is first in the order of the file.</summary>
    private bool TryConsume()
    {
        bool anyDone = RemoveDone();
        if (_isConsuming || _steps.First?.Value is not { } first)
            return anyDone;
        if (first.HandOn is { } handOn)
        {
            Consume(handOn);
            first.HandOn = null;
            return true;
        }
        if (!first.Parts.TryPeek(out SelectedRows? part) || part.State != WorkState.Done)
            return anyDone;
        bool goesOn = !first.IsCut;
        if (goesOn)
            Consume(() => goesOn = consumer.OnRows(part));
        if (!goesOn)
        {
            CutAt(first);
            selection.TakeBack(part.Left);
            part.Drop();
        }
        if (part.Text is { Capacity: <= LargestKeptText } text)
            _freeTexts.Push(text);
        part.Consume();
        if (part.Left > 0)
            return true;
        first.Parts.Dequeue();
        _partsInWork--;
        return true;
    }

    private void Consume(Action action)
    {
        _isConsuming = true;
        Outside(action);
        _isConsuming = false;
    }

    /// <returns>Whether there was something to remove.</returns>
    private bool RemoveDone()
    {
        bool any = false;
        while (_steps.First is { Value: { IsDone: true } done } first)
        {
            any = true;
            _steps.Remove(first);
            _rawBytesInWork -= done.RawBytes;
            done.Block?.Release();
            done.Frame?.Drop();
            if (done.Block is not null)
                _freeBlocks.Push(done.Block);
            done.ReturnRows();
        }
        return any;
    }

    /// <summary>The consumer wants no more than it has of this block, and none of the blocks behind it.</summary>
    private void CutAt(PipelineStep step)
    {
        if (step.IsCut)
            return;
        _isReadToEnd = _isCut = step.IsCut = true;
        while (_steps.Last!.Value is var later && later != step)
        {
            selection.TakeBack(later.Passed);
            _partsInWork -= later.Parts.Count;
            _rawBytesInWork -= later.RawBytes;
            _steps.RemoveLast();
        }
        selection.TakeBack(step.Count - step.NextRow);
        step.NextRow = step.Count;
    }

    private bool TryWork(Worker worker)
    {
        if (_steps.First?.Value.Parts.TryPeek(out SelectedRows? begun) == true && begun is { State: WorkState.Waiting, Left: > 0 })
        {
            WorkOn(worker, begun); // the rest of what the others wait for
            return true;
        }
        if (_partsInWork >= workers * PartsAhead)
            return false;
        foreach (PipelineStep step in _steps)
        {
            if (!step.IsSelected)
                return false; // those behind must wait: rows are handed out in order
            if (step.IsHandedOut)
                continue;
            if (!step.IsTrimmed)
            {
                Trim(step);
                return true; // perhaps nothing is left of it
            }
            int rows = consumer.Needs.HasFlag(ConsumerNeeds.Text) ? RowsInPart : step.Count;
            var part = new SelectedRows(step, step.NextRow, Math.Min(step.NextRow + rows, step.Count));
            step.NextRow += part.Left;
            step.Parts.Enqueue(part);
            _partsInWork++;
            WorkOn(worker, part);
            return true;
        }
        return false;
    }

    /// <summary>Takes off the rows that are too early or beyond the limit, in the order of the file.</summary>
    private void Trim(PipelineStep step)
    {
        step.IsTrimmed = true;
        step.NextRow = (int)Math.Min(_rowsToSkip, step.Count);
        _rowsToSkip -= step.NextRow;
        step.Passed = selection.Pass(step.Count - step.NextRow);
        step.Count = step.NextRow + step.Passed;
        if (!selection.IsDone)
            return;
        _isReadToEnd = true;
        while (_steps.Last!.Value != step)
            _steps.RemoveLast();
    }

    private void WorkOn(Worker worker, SelectedRows part)
    {
        if (consumer.Needs.HasFlag(ConsumerNeeds.Text))
        {
            part.Text = _freeTexts.TryPop(out TextBuffer? free) ? free : new TextBuffer();
            part.Text.Clear();
        }
        part.Begin();
        int done = 0;
        Outside(() => done = worker.OnRows.Work(part));
        part.End(done);
    }

    private bool TrySelect(Worker worker)
    {
        PipelineStep? step = _steps.FirstOrDefault(s => s.Packed is not null);
        if (step is null)
            return false;
        PackedBlock packed = step.Packed!;
        step.Packed = null;
        EventBlock block = step.Block = _freeBlocks.TryPop(out EventBlock? free) ? free : new EventBlock();
        int count = 0;
        Outside(() => count = Select(worker, step, packed, block));
        step.Count = count;
        return true;
    }

    private int Select(Worker worker, PipelineStep step, PackedBlock packed, EventBlock block)
    {
        if (packed.Unpack(block, worker.Caches) is { } damage)
        {
            selection.Findings.Add(damage);
            Interlocked.Add(ref _rowsInBadBlocks, packed.Announced?.Rows ?? 0);
            return 0;
        }
        selection.Findings.AddUnknown(block.UnknownEncodings);
        step.Rows = ArrayPool<int>.Shared.Rent(block.Rows);
        int count = worker.Filter.Select(block, step.View, step.Rows, step.Window);
        if (count > 0 && consumer.Needs.HasFlag(ConsumerNeeds.Rows))
            block.PrepareRows();
        int hiddenWithoutExisting = count == 0 && selection.Passed == 0 ? worker.Hidden.CountIn(block, step.View, step.Window) : 0;
        selection.CountBlock(block.Rows, block.Rows - count, hiddenWithoutExisting);
        return count;
    }

    private bool TryRead()
    {
        if (_isReading || _isReadToEnd || _steps.Count >= workers * BlocksAhead || _rawBytesInWork >= RawBytesAhead)
            return false;
        _isReading = true;
        bool more = false;
        Outside(() => more = ReadNext());
        foreach (PipelineStep step in _walk.Steps)
        {
            if (selection.IsDone || _isCut)
                break;
            _steps.AddLast(step);
            _rawBytesInWork += step.RawBytes;
        }
        _walk.Steps.Clear();
        _isReading = false;
        _isReadToEnd |= !more || selection.IsDone;
        return true;
    }

    private bool ReadNext()
    {
        try
        {
            return _walk.Reader.ReadNext(_walk);
        }
        catch (TraceException e)
        {
            _refusal = e; // the consumer gets what stands before it first
            return false;
        }
    }
}
