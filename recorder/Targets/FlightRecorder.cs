using TcpTracer.Formats.Events;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Targets;

/// <summary>
/// Keeps the last events in memory. On request, at a selected event, or at the end of the recording, it moves them into a new
/// file, adds a little of what follows, and goes on. No two files have the same events. If the disk is full, the events stay in
/// memory.
/// </summary>
public sealed class FlightRecorder : RecordingTarget
{
    private const long Minute = 60_000_000_000, Never = long.MaxValue;
    private readonly string _path;
    private readonly FlightRule _rule;
    private readonly BlockMemory _memory;
    private readonly TraceWriter _writer;
    private readonly SetKeeper _keeper;
    private readonly Action<string> _written;
    private readonly Action<TargetNews>? _news;
    private ClockSample _clock;
    private TraceOutput? _dump, _lastDump;
    private long _dumpEvents, _dumpUntil, _bytes, _events, _lost, _lostBefore;
    private long _nextTrigger = long.MinValue, _due = Never, _retryAt = Never, _nextComplaint = long.MinValue;
    private int _files, _number;
    private bool _isOver;
    private bool _requested;
    private volatile string _newestFile = "";

    /// <summary>Begins with an empty memory.</summary>
    /// <param name="path">The files get names made of it, as with rotation.</param>
    /// <param name="settings">How each file begins and is written.</param>
    /// <param name="rule">How much to keep, and when to write a file.</param>
    /// <param name="written">Gets the name of each finished file.</param>
    /// <param name="news">Gets what else happens to files.</param>
    /// <exception cref="OutputException">Such files cannot be made.</exception>
    public FlightRecorder(string path, TraceSettings settings, FlightRule rule, Action<string> written, Action<TargetNews>? news = null)
    {
        TraceFileSet.Require(path);
        _path = path;
        _rule = rule;
        _written = written;
        _news = news;
        _keeper = new SetKeeper(path, rule.Keep, settings.Header, news);
        _memory = new BlockMemory(rule.Bytes, rule.Age) { Arrived = MoveOut };
        _writer = settings.Begin(_memory, _memory.Announce);
        _clock = settings.Header.Clock;
    }

    /// <inheritdoc/>
    public override long BytesWritten => _bytes + (_dump?.WholeBytes ?? 0);

    /// <inheritdoc/>
    public override long Events => _events + _dumpEvents;

    /// <inheritdoc/>
    public override long EventsInMemory => _memory.Events + _writer.EventsInHand;

    /// <inheritdoc/>
    public override long EventsLetGo => _memory.EventsLetGo;

    /// <inheritdoc/>
    public override (int Files, long Events) Deleted => _keeper.Deleted;

    private int Files => _files + (_dump is null ? 0 : 1);

    /// <inheritdoc/>
    public override string Description => Files == 0
        ? "no file"
        : DescribeSet(_path, Files);

    /// <inheritdoc/>
    public override string NewestFile => _newestFile;

    /// <inheritdoc/>
    public override void Request() => _requested = true;

    /// <inheritdoc/>
    public override void OnEvent(in TcpEvent e)
    {
        EndDumpIfDue(e.TimestampNs);
        _writer.OnEvent(in e);
        if (_rule.DumpOn?.Matches(in e) == true && _dump is null)
            _due = Math.Min(_due, Math.Max(e.TimestampNs, _nextTrigger));
        BeginDumpIfDue(e.TimestampNs);
    }

    /// <inheritdoc/>
    public override void OnClock(in ClockSample sample)
    {
        _clock = sample;
        _writer.OnClock(in sample);
    }

    /// <inheritdoc/>
    public override void OnLoss(in LossRecord loss)
    {
        _lost += loss.Count;
        _writer.OnLoss(in loss);
    }

    /// <inheritdoc/>
    public override void OnWorkloads(WorkloadChange change, WorkloadView view) => _writer.OnWorkloads(change, view);

    /// <inheritdoc/>
    public override void OnPause()
    {
        long now = BootClock.Now;
        if (_requested)
            OnRequest(now);
        else if (_dump is null && now >= _retryAt && EventsInMemory > 0)
        {
            BeginDump(now);
        }
        _writer.OnPause();
        _memory.Forget(now);
        EndDumpIfDue(now);
        BeginDumpIfDue(now);
    }

    /// <summary>Answers each request at once, even if only to say that there is nothing or that the disk is still full.</summary>
    private void OnRequest(long now)
    {
        _requested = false;
        _memory.Forget(now);
        if (_dump is not null)
        {
            _dumpUntil = Math.Max(_dumpUntil, Following(now)); // the file also gets what follows this request
        }
        else if (EventsInMemory > 0)
        {
            _nextComplaint = long.MinValue;
            BeginDump(now);
        }
        else
        {
            _news?.Invoke(new TargetNews.NothingToDump());
            return;
        }
        if (_dump is { } begun && _rule.After > TimeSpan.Zero)
            _news?.Invoke(new TargetNews.DumpBegun(begun.Path, _rule.After));
    }

    private long Following(long now) => now + _rule.After.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Begins a file if a selected event has come, and the one before it is long enough ago.</summary>
    private void BeginDumpIfDue(long now)
    {
        if (_due == Never || now < _due || _dump is not null)
            return;
        _nextTrigger = now + _rule.Pause.Ticks * TimeSpan.NanosecondsPerTick;
        BeginDump(now);
    }

    private void BeginDump(long now)
    {
        _writer.FlushBlock();
        _due = _retryAt = Never;
        TraceOutput? file = null;
        try
        {
            file = TraceFileSet.Begin(_path, _clock.ToWall(now), ref _number);
            _memory.WriteBeginning(file, now, _writer.NextSequence);
        }
        catch (IOException failure)
        {
            file?.Dispose(); // this deletes the file, too
            Complain(file?.Path ?? TraceFileSet.NameInSet(_path, _clock.ToWall(now), _number), 0, failure);
            return;
        }
        _dump = file;
        _dumpUntil = Following(now);
        MoveOut();
        if (_dump is null)
            return;
        try
        {
            _dump.Place();
            _newestFile = _dump.Name;
        }
        catch (IOException failure)
        {
            Abandon(failure);
        }
    }

    /// <summary>While a file is being written, moves all blocks into it.</summary>
    private void MoveOut()
    {
        if (_dump is null)
            return;
        long before = _memory.Events;
        IOException? failed = null;
        try
        {
            _memory.MoveTo(_dump);
        }
        catch (IOException failure)
        {
            failed = failure;
        }
        _dumpEvents += before - _memory.Events;
        if (failed is not null)
            Abandon(failed);
    }

    private void EndDumpIfDue(long now)
    {
        if (_dump is not null && now >= _dumpUntil)
            EndDump("dump");
    }

    private void EndDump(string cause, Unfinished? unfinished = null)
    {
        _writer.FlushBlock();
        if (_dump is not { } dump)
            return; // the last block did not fit on the disk
        try
        {
            var end = new TraceEnd(cause, _dumpEvents, _dumpEvents, _lost - _lostBefore) { Unfinished = unfinished };
            new RecordOutput(dump, _writer.NextSequence).Write(EndRecord.Encode(end), BlockHeader.Of(RecordKind.End, 0, 0));
        }
        catch (IOException failure)
        {
            Abandon(failure);
            return;
        }
        _keeper.Note(dump.Path, _dumpEvents);
        Count(dump);
        _lostBefore = _lost;
        _lastDump?.Dispose();
        _lastDump = dump; // its lock stays until the next file has one: whoever follows the set sees that more may come
        _written(dump.Path);
        _keeper.Prune(dump.Path);
    }

    /// <summary>Adds a file to the totals. It is no longer being written.</summary>
    private void Count(TraceOutput dump)
    {
        _files++;
        _bytes += dump.WholeBytes;
        _events += _dumpEvents;
        _dump = null;
        _dumpEvents = 0;
    }

    /// <summary>
    /// The file cannot be written any further. If it holds events, which are no longer in memory, it stays; otherwise it is
    /// deleted.
    /// </summary>
    private void Abandon(IOException failure)
    {
        TraceOutput dump = _dump!;
        bool holdsEvents = _dumpEvents > 0;
        if (holdsEvents)
        {
            _keeper.Note(dump.Path, _dumpEvents);
            Count(dump);
        }
        else
        {
            dump.Remove();
        }
        _dump = null;
        string path = dump.Path;
        try
        {
            if (holdsEvents)
                dump.Place();
        }
        catch (IOException)
        {
            path = dump.ReadableName; // it keeps its temporary name
            dump.Leave();
        }
        dump.Dispose();
        Complain(path, holdsEvents ? dump.WholeBytes : 0, failure);
    }

    /// <summary>
    /// Reports a failure, at most once a minute, and plans the next try in a minute.
    /// </summary>
    /// <exception cref="TraceWriteException">The recording is over, so there is no next try.</exception>
    private void Complain(string path, long kept, IOException failure)
    {
        if (_isOver)
            throw new TraceWriteException(path, kept, (failure as TraceWriteException)?.Failure ?? failure);
        long now = BootClock.Now;
        _retryAt = now + Minute;
        if (now < _nextComplaint)
            return;
        _nextComplaint = now + Minute;
        _news?.Invoke(new TargetNews.DumpFailed(path, (failure as TraceWriteException)?.Failure ?? failure, kept));
    }

    /// <inheritdoc/>
    public override void Finish(string cause, long captured, long lost, Unfinished? unfinished = null)
    {
        _isOver = true;
        long now = BootClock.Now;
        _memory.Forget(now);
        bool isAsked = _requested || _rule.DumpOnExit || _due != Never || _retryAt != Never;
        if (isAsked && _dump is null && EventsInMemory > 0)
            BeginDump(now);
        else if (_requested && _dump is null)
            _news?.Invoke(new TargetNews.NothingToDump());
        if (_dump is not null)
            EndDump(cause, unfinished);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _dump?.Dispose();
        _lastDump?.Dispose();
    }
}
