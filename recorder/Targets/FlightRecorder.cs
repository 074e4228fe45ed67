using TcpTracer.Formats.Events;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>
/// Keeps the last of what happened in memory. Asked for it, on an event of a kind, or at the end, it moves that into a new file with a little of what follows,
/// and goes on. Each file holds what no earlier one held. A disk that is full costs nothing that is in memory.
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

    /// <summary>Begins to remember.</summary>
    /// <param name="path">Names the files, as for rotation.</param>
    /// <param name="settings">What each begins with.</param>
    /// <param name="rule">How much to keep, and when to write it out.</param>
    /// <param name="written">Told the name of each finished file.</param>
    /// <param name="news">Told what else happens to files.</param>
    /// <exception cref="OutputException">There can be no such files.</exception>
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
    public override string Description => Files == 0 ? "no file" : $"{Files} file{(Files == 1 ? "" : "s")} {Path.GetFileNameWithoutExtension(_path)}-*{Path.GetExtension(_path)}";

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

    /// <summary>Whoever asks is answered at once, each time: also that there is nothing, or that the disk is still full.</summary>
    private void OnRequest(long now)
    {
        _requested = false;
        _memory.Forget(now);
        if (_dump is not null)
        {
            _dumpUntil = Math.Max(_dumpUntil, Following(now)); // it is asked for what follows from now on, too
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

    /// <summary>An event of the kind was there, and the one before is long enough ago.</summary>
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
            file?.Dispose(); // and with it what there is of the file
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

    /// <summary>While a file is being written, whatever comes goes there.</summary>
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
            return; // that was too much for the disk
        try
        {
            new RecordOutput(dump, _writer.NextSequence).Write(EndRecord.Encode(new TraceEnd(cause, _dumpEvents, _dumpEvents, _lost - _lostBefore) { Unfinished = unfinished }), BlockHeader.Of(RecordKind.End, 0, 0));
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
        _lastDump = dump; // under its lock until the next one is: who follows the set sees that there may be more
        _written(dump.Path);
        _keeper.Prune(dump.Path);
    }

    /// <summary>The file is in the sums, and no longer being written.</summary>
    private void Count(TraceOutput dump)
    {
        _files++;
        _bytes += dump.WholeBytes;
        _events += _dumpEvents;
        _dump = null;
        _dumpEvents = 0;
    }

    /// <summary>The file cannot be written on. Events that are in it are in no memory any more, so it stays; else it goes.</summary>
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
            path = dump.ReadableName; // then it keeps the name that it has
            dump.Leave();
        }
        dump.Dispose();
        Complain(path, holdsEvents ? dump.WholeBytes : 0, failure);
    }

    /// <summary>Says so at most once a minute, and tries again after one. At the end there is no after.</summary>
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
