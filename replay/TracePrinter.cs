using System.Buffers;
using System.Runtime.ExceptionServices;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay;

/// <summary>
/// Prints traces with all processors: blocks are unpacked and filtered, and their rows formatted, by whichever worker is free; what comes
/// out is in the order of the file, the same bytes as one worker alone makes. Memory is bounded by a few blocks, or one very large one.
/// </summary>
public sealed class TracePrinter
{
    private const int Page = 4096, RowsInPart = 1024, TextInPart = 1 << 20, BlocksAhead = 2, PartsAhead = 4, RawBytesAhead = 4 << 20;
    private readonly object _lock = new();
    private readonly EventFilter _filter;
    private readonly CallWindow _window;
    private readonly HiddenRows _hiddenRows;
    private readonly Func<EventFormat> _newFormat;
    private readonly Stream _output;
    private readonly bool _withStatus;
    private readonly int _workers;

    private readonly LinkedList<Step> _steps = new();
    private readonly Stack<EventBlock> _freeBlocks = new();
    private TraceReader? _reader;
    private Recorded _recorded = null!;
    private bool _reading, _writing, _ended, _headerWritten;
    private EventPlace _from;
    private long _rowsToSkip;
    private int _partsInWork, _rawBytesInWork;
    private long _bytesEarned;
    private Allowance _allowance = new();
    private Exception? _failure;
    private TraceException? _refusal;

    /// <summary>Prepares for printing.</summary>
    /// <param name="filter">Which events.</param>
    /// <param name="times">Of which time.</param>
    /// <param name="newFormat">Makes a format; each worker has its own.</param>
    /// <param name="output">Where to.</param>
    /// <param name="withStatus">Whether losses are printed in between.</param>
    /// <param name="workers">How many threads.</param>
    public TracePrinter(EventFilter filter, TimeWindow times, Func<EventFormat> newFormat, Stream output, bool withStatus, int workers)
    {
        _filter = filter;
        _window = new CallWindow(times);
        _hiddenRows = new HiddenRows(filter);
        _newFormat = newFormat;
        _output = output;
        _withStatus = withStatus;
        _workers = workers;
    }

    /// <summary>What was found in all traces printed so far.</summary>
    public TraceFindings Findings { get; } = new();

    /// <summary>By what events are named.</summary>
    public Enrichment Enrichment { get; init; }

    /// <summary>How much text the smallest file may make.</summary>
    internal long FreeText { get; init; } = Allowance.Free;

    /// <summary>Files below this length are not worth more than one worker.</summary>
    internal long ParallelFrom { get; init; } = 1 << 20;

    /// <summary>Events printed.</summary>
    public long Passed { get; private set; }

    /// <summary>Events that the filter kept back.</summary>
    public long Hidden { get; private set; }

    /// <summary>Of these, connections older than the recorder that --existing would show; as long as nothing else is shown.</summary>
    public long ShownByExisting { get; private set; }

    /// <summary>The stretch of time that was shown; null: all of it.</summary>
    public WallWindow? Window => _window.Settled;

    /// <summary>Whether any trace knew names of pods.</summary>
    public bool HasNames { get; private set; }

    /// <summary>Prints no more than so many; null: all.</summary>
    public long? Limit { get; init; }

    /// <summary>Whether so many are printed: what follows is not even read.</summary>
    public bool IsLimitReached => Passed >= Limit;

    /// <summary>Before which moment the events that are wanted lie, when that is known; null: there is no such bound.</summary>
    public long? UntilNs => _window.Settled is { UntilNs: < long.MaxValue and var until } ? until : null;

    /// <summary>Prints one trace.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="from">What lies before is not printed.</param>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Print(Stream trace, EventPlace from = default)
    {
        _ended = false;
        _from = from;
        _rowsToSkip = from.Rows;
        _failure = _refusal = null;
        _allowance = new Allowance(FreeText);
        _bytesEarned = 0;
        int damagesBefore = Findings.Damages.Count;
        Findings.IsFinished = false;
        _recorded = new Recorded(this, TraceNames.For(trace, Enrichment, Findings));
        _reader = new TraceReader(trace, EventReading.LeavePacked | EventReading.Choose, from.Offset > 0 ? Page : ReadAheadOf(trace));
        // A pipe is read in step: one worker, so that what has come is printed before more is waited for
        int helpers = trace.CanSeek && trace.Length >= ParallelFrom ? _workers - 1 : 0;
        Thread[] threads = [.. Enumerable.Range(0, helpers).Select(_ => new Thread(Work) { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        Work();
        foreach (Thread thread in threads)
            thread.Join();
        Findings.Damages.SortFrom(damagesBefore);
        if ((_failure ?? _refusal) is { } e)
            ExceptionDispatchInfo.Throw(e);
    }

    private static int ReadAheadOf(Stream trace)
    {
        const int plenty = 128 * 1024;
        return trace.CanSeek ? (int)Math.Clamp(trace.Length, Page, plenty) : plenty;
    }

    /// <summary>A place in the order of output: a block, or text that is ready.</summary>
    private sealed class Step
    {
        public PackedBlock? Packed;
        public int RawBytes;
        public long Offset, End;
        public EventBlock? Block;
        public WorkloadView View = WorkloadView.Empty;
        public WallWindow? Window;
        public int[] Rows = [];
        public int Count = -1;
        public int ShownByExisting;
        public int NextRow;
        public readonly Queue<Part> Parts = new();

        public bool IsTrimmed;

        /// <summary>How many rows of it are counted as printed.</summary>
        public int Promised;

        /// <summary>It stands for more text than its file may make: no more of it is printed.</summary>
        public bool IsCut;

        public bool IsSelected => Count >= 0;

        public bool IsHandedOut => IsSelected && NextRow >= Count;
    }

    /// <summary>Some rows of a block, formatted by one worker at a time: where names are very long, in several goes, each after the one before is written.</summary>
    private sealed class Part(int first, int end)
    {
        public int End => end;

        public int Next { get; set; } = first;

        public TextBuffer? Text;

        /// <summary>How many rows are in it.</summary>
        public int RowsInText { get; set; }

        public bool IsInWork;

        public bool IsComplete => Next == end;
    }

    private sealed class Worker(TracePrinter printer)
    {
        public readonly EventFormat Format = printer._newFormat();
        public readonly BlockFilter Filter = new(printer._filter);
        public readonly HiddenRows Hidden = new(printer._filter);
        public readonly EntryCaches Caches = new();
    }

    private void Work()
    {
        try
        {
            var worker = new Worker(this);
            lock (_lock)
            {
                while (!_ended || _steps.Count > 0)
                {
                    if (_failure is not null)
                        return;
                    if (!TryWrite() && !TryFormat(worker) && !TrySelect(worker) && !TryRead(worker))
                        Monitor.Wait(_lock);
                }
            }
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _failure ??= e;
                _ended = true;
            }
        }
        finally
        {
            lock (_lock)
                Monitor.PulseAll(_lock);
        }
    }

    private readonly Stack<TextBuffer> _freeTexts = new();

    /// <summary>Does something outside the lock, and tells the others when it is done.</summary>
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

    private bool TryWrite()
    {
        int before = _steps.Count;
        while (_steps.First is { } first && first.Value is { IsHandedOut: true, Parts.Count: 0 } done)
        {
            _steps.Remove(first);
            _rawBytesInWork -= done.RawBytes;
            if (done.Block is not null)
            {
                done.Block.Release();
                _freeBlocks.Push(done.Block);
            }
            if (done.Rows.Length > 0)
                ArrayPool<int>.Shared.Return(done.Rows);
        }
        if (_writing || _steps.First is not { } head || !head.Value.Parts.TryPeek(out Part? part) || part.Text is not { } text)
            return _steps.Count < before; // perhaps it was the last: that is not to be waited for
        if (IsAllowed(head.Value, part, text))
        {
            _writing = true;
            Outside(() => _output.Write(text.Written));
            _writing = false;
        }
        part.Text = null;
        if (text.Capacity <= 2 * TextInPart)
            _freeTexts.Push(text);
        if (!part.IsComplete)
            return true;
        head.Value.Parts.Dequeue();
        _partsInWork--;
        return true;
    }

    /// <summary>In the order of output, so that it does not depend on who is quicker: whether this much text may come of this much of the file.</summary>
    private bool IsAllowed(Step step, Part part, TextBuffer text)
    {
        if (step.End > _bytesEarned)
        {
            _allowance.Earn(step.End - _bytesEarned);
            _bytesEarned = step.End;
        }
        if (!step.IsCut && (part.RowsInText == 0 || _allowance.Take(text.Length + part.RowsInText * Allowance.OfEvent)))
            return true;
        if (!step.IsCut)
            EndAt(step);
        Passed -= part.RowsInText + (part.End - part.Next);
        part.Next = part.End;
        return false;
    }

    private void EndAt(Step step)
    {
        Findings.Damages.Add(new TraceDamage(TraceFault.BadRecord, step.Offset, $"no more than {_allowance.Limit} bytes of text of so short a trace", "more: what follows is not shown"));
        Findings.IsFinished = _ended = step.IsCut = true;
        while (_steps.Last!.Value is var later && later != step)
        {
            Passed -= later.Promised;
            _partsInWork -= later.Parts.Count;
            _rawBytesInWork -= later.RawBytes;
            _steps.RemoveLast();
        }
        Passed -= step.Count - step.NextRow;
        step.NextRow = step.Count;
    }

    private bool TryFormat(Worker worker)
    {
        if (_steps.First?.Value is { } head && head.Parts.TryPeek(out Part? begun) && begun is { Text: null, IsInWork: false, IsComplete: false })
        {
            Format(worker, head, begun); // the rest of what the others wait for
            return true;
        }
        if (_partsInWork >= _workers * PartsAhead)
            return false;
        foreach (Step step in _steps)
        {
            if (!step.IsSelected)
                return false; // those behind must wait: parts are handed out in order
            if (step.IsHandedOut)
                continue;
            if (!step.IsTrimmed)
            {
                Trim(step);
                return true; // perhaps nothing is left of it
            }
            var part = new Part(step.NextRow, Math.Min(step.NextRow + RowsInPart, step.Count));
            step.NextRow = part.End;
            step.Parts.Enqueue(part);
            _partsInWork++;
            Format(worker, step, part);
            return true;
        }
        return false;
    }

    /// <summary>In the order of output, what is too early or too much is taken off.</summary>
    private void Trim(Step step)
    {
        step.IsTrimmed = true;
        step.NextRow = (int)Math.Min(_rowsToSkip, step.Count);
        _rowsToSkip -= step.NextRow;
        if (Limit is { } limit)
            step.Count = (int)Math.Min(step.Count, step.NextRow + limit - Passed);
        step.Promised = step.Count - step.NextRow;
        Passed += step.Promised;
        if (!IsLimitReached)
            return;
        _ended = true;
        while (_steps.Last!.Value != step)
            _steps.RemoveLast();
    }

    private void Format(Worker worker, Step step, Part part)
    {
        TextBuffer text = _freeTexts.TryPop(out TextBuffer? free) ? free : new TextBuffer();
        text.Clear();
        part.IsInWork = true;
        int first = part.Next;
        Outside(() =>
        {
            for (; !part.IsComplete && text.Length < TextInPart; part.Next++)
            {
                step.Block!.Read(step.Rows[part.Next], out TcpEvent e);
                e.NameBy(step.View);
                worker.Format.Write(text, in e);
            }
        });
        part.IsInWork = false;
        part.RowsInText = part.Next - first;
        part.Text = text;
    }

    private bool TrySelect(Worker worker)
    {
        Step? step = _steps.FirstOrDefault(s => s.Packed is not null);
        if (step is null)
            return false;
        PackedBlock packed = step.Packed!;
        step.Packed = null;
        step.Block = _freeBlocks.TryPop(out EventBlock? free) ? free : new EventBlock();
        TraceDamage? damage = null;
        int count = 0;
        Outside(() =>
        {
            damage = packed.Unpack(step.Block, worker.Caches);
            if (damage is null)
                count = Select(worker, step, step.Block);
        });
        if (damage is not null)
            Findings.Damages.Add(damage);
        else
            Findings.AddUnknown(step.Block.UnknownEncodings);
        step.Count = count;
        if (damage is null)
            Count(step.Block, count, step.ShownByExisting);
        return true;
    }

    private void Count(EventBlock block, int passed, int shownByExisting)
    {
        Hidden += block.Rows - passed;
        Findings.Events += block.Rows;
        ShownByExisting += shownByExisting;
    }

    private int Select(Worker worker, Step step, EventBlock block)
    {
        step.Rows = ArrayPool<int>.Shared.Rent(block.Rows);
        int count = worker.Filter.Select(block, step.View, step.Rows, step.Window);
        if (count > 0)
            block.PrepareRows();
        else if (Passed == 0)
            step.ShownByExisting = worker.Hidden.CountIn(block, step.View, step.Window);
        return count;
    }

    private bool TryRead(Worker worker)
    {
        if (_reading || _ended || _steps.Count >= _workers * BlocksAhead || _rawBytesInWork >= RawBytesAhead)
            return false;
        _reading = true;
        bool more = false;
        _recorded.Begin(worker);
        Outside(() => more = ReadNext());
        foreach (Step step in _recorded.Take())
        {
            if (IsLimitReached || _allowance.IsSpent)
                break;
            _steps.AddLast(step);
            _rawBytesInWork += step.RawBytes;
        }
        _reading = false;
        _ended |= !more;
        return true;
    }

    private bool ReadNext()
    {
        try
        {
            return _reader!.ReadNext(_recorded);
        }
        catch (TraceException e)
        {
            _refusal = e; // what stands before it is printed first
            return false;
        }
    }

    /// <summary>Turns records into steps; called by the one worker that reads.</summary>
    private sealed class Recorded(TracePrinter printer, TraceNames names) : ITraceVisitor
    {
        private readonly List<Step> _new = [];
        private ClockSample _clock;
        private Worker? _worker;

        public void Begin(Worker worker) => _worker = worker;

        public List<Step> Take()
        {
            List<Step> taken = [.. _new];
            _new.Clear();
            return taken;
        }

        public void OnHeader(TraceHeader header)
        {
            printer.Findings.IsFinished = false;
            names.OnHeader(header, printer._reader!.Offset);
            _clock = header.Clock;
            printer._window.OnHeader(header.Clock.WallNs);
            if (printer._headerWritten)
                return;
            printer._headerWritten = true;
            var text = new TextBuffer();
            _worker!.Format.WriteHeader(text);
            AddText(new Step(), text);
        }

        /// <summary>What the block header shows to be unwanted as a whole is not even unpacked.</summary>
        public bool PassesOver(BlockHeader header)
        {
            WallWindow? window = printer._window.At(_clock.ToWall(header.MinTimestamp));
            if (printer._reader!.Offset < printer._from.Offset)
                return true;
            if (header.MayHold(printer._filter, window, in _clock))
                return false;
            lock (printer._lock)
            {
                if (printer.Passed == 0 && printer._hiddenRows.MayBeIn(header, window, in _clock))
                    return false;
                printer.Hidden += header.Rows;
                printer.Findings.Events += header.Rows;
            }
            return true;
        }

        public void OnPackedEvents(PackedBlock block)
        {
            WallWindow? window = printer._window.At(_clock.WallNs);
            if (block.Offset >= printer._from.Offset)
                _new.Add(new Step { Packed = block, RawBytes = block.RawBytes, Offset = block.Offset, End = block.End, View = names.View, Window = window });
            else
                block.Drop();
        }

        public void OnEvents(EventBlock block)
        {
            // all are left packed
        }

        public void OnLoss(in LossRecord loss)
        {
            lock (printer._lock)
                printer.Findings.Lost[loss.Source] = printer.Findings.Lost.GetValueOrDefault(loss.Source) + loss.Count;
            if (!printer._withStatus)
                return;
            var text = new TextBuffer();
            _worker!.Format.WriteLoss(text, in loss);
            AddText(new Step(), text);
        }

        private void AddText(Step step, TextBuffer text)
        {
            step.Count = step.NextRow = 0;
            step.Parts.Enqueue(new Part(0, 0) { Text = text });
            _new.Add(step);
            lock (printer._lock)
                printer._partsInWork++;
        }

        public void OnWorkloads(WorkloadChange change)
        {
            printer.HasNames |= !change.Pods.IsEmpty || !change.Containers.IsEmpty;
            names.OnWorkloads(change);
        }

        public void OnClock(in ClockSample sample) => _clock = sample;

        public void OnEnd(TraceEnd end)
        {
            printer.Findings.IsFinished = true;
            printer.Findings.EndCause = end.Cause;
        }

        public void OnDamage(TraceDamage damage)
        {
            lock (printer._lock)
                printer.Findings.Damages.Add(damage);
        }

        public void OnUnknown(string kind)
        {
            lock (printer._lock)
                printer.Findings.AddUnknown([kind]);
        }
    }
}
