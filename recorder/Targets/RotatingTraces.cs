using TcpTracer.Formats.Events;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Targets;

/// <summary>When to begin a new file, and how many to keep.</summary>
/// <param name="Bytes">At this size in bytes; null: at no size.</param>
/// <param name="Period">After this time; null: after no time.</param>
/// <param name="Aligned">Whether files begin at whole multiples of the period by the wall clock.</param>
/// <param name="Keep">Keep so many files; the oldest is deleted first. Null: keep all.</param>
public sealed record RotationRule(long? Bytes, TimeSpan? Period, bool Aligned, int? Keep);

/// <summary>
/// A set of files. Each is a complete trace. A file is sealed when its time is over. The next one begins with its first
/// event, so that there is never an empty last file.
/// </summary>
public sealed class RotatingTraces : RecordingTarget
{
    private readonly string _path;
    private readonly RotationRule _rule;
    private readonly SetKeeper _keeper;
    private TraceSettings _settings;
    private TraceOutput? _file;
    private TraceWriter? _writer;
    private ClockSample _clock;
    private long _openedAt, _opened, _due = long.MaxValue, _dueBefore;
    private long _bytesBefore, _eventsBefore, _lost, _lostBefore;
    private int _files, _number;
    private bool _isPruned;
    private bool _requested;
    private volatile string _newestFile = "";

    /// <summary>Begins the first file at once.</summary>
    /// <param name="path">The files get names made of it.</param>
    /// <param name="settings">How each file begins and is written.</param>
    /// <param name="rule">When to begin a new file, and how many to keep.</param>
    /// <param name="news">Gets what happens to other files.</param>
    /// <exception cref="OutputException">Another recorder writes this set, or such files cannot be made.</exception>
    public RotatingTraces(string path, TraceSettings settings, RotationRule rule, Action<TargetNews>? news = null)
    {
        _path = path;
        _rule = rule;
        _settings = settings;
        _keeper = new SetKeeper(path, rule.Keep, settings.Header, news);
        _clock = settings.Header.Clock;
        TraceFileSet.Require(path);
        Open();
        try
        {
            TraceFileSet.Require(path, _file!.Path); // another recorder may have begun at the same moment
        }
        catch
        {
            _file!.Remove();
            _file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Discard() => _file!.Remove();

    /// <inheritdoc/>
    public override (int Files, long Events) Deleted => _keeper.Deleted;

    /// <inheritdoc/>
    public override long BytesWritten => _bytesBefore + (_writer?.BytesWritten ?? 0);

    /// <inheritdoc/>
    public override long Events => _eventsBefore + (_writer?.Events ?? 0);

    /// <inheritdoc/>
    public override long EventsInMemory => _writer?.EventsInHand ?? 0;

    /// <inheritdoc/>
    public override string Description =>
        DescribeSet(_path, _files);

    /// <inheritdoc/>
    public override string NewestFile => _newestFile;

    /// <inheritdoc/>
    public override void Request() => _requested = true;

    /// <inheritdoc/>
    public override void Flush() => _writer?.FlushBlock();

    /// <summary>Begins a file. It gets its name when its beginning is written, so that a full disk leaves no empty file.</summary>
    private void Open()
    {
        TraceOutput? sealedBefore = _file;
        TraceOutput file = TraceFileSet.Begin(_path, _clock.WallNs, ref _number);
        try
        {
            _writer = (_settings with { Header = _settings.Header with { Clock = _clock, Earlier = _eventsBefore } }).Begin(file);
            file.Place();
        }
        catch
        {
            _writer = null;
            file.Dispose();
            throw;
        }
        _file = file;
        _newestFile = file.Name;
        _files++;
        sealedBefore?.Dispose();
        _openedAt = _clock.BootNs;
        _opened = BootClock.Now;
        _due = NextDue();
        _isPruned = false;
    }

    /// <summary>When the file is to be sealed, in boot time (ns), which does not jump.</summary>
    private long NextDue()
    {
        if (_rule.Period is not { } period)
            return long.MaxValue;
        long ns = period.Ticks * TimeSpan.NanosecondsPerTick;
        // A late event can be older than the end of the file before. Its time must not become the end of this file again
        long from = Math.Max(_clock.BootNs, _dueBefore);
        return from + (_rule.Aligned ? ns - _clock.ToWall(from) % ns : ns);
    }

    /// <summary>Ends the file. Its lock stays until the next file begins: it shows that we write the set.</summary>
    private void Seal(string cause, Unfinished? unfinished = null)
    {
        if (_writer is not { } writer)
            return;
        writer.FlushBlock();
        writer.Finish(new TraceEnd(cause, writer.Events, writer.Events, _lost - _lostBefore) { Unfinished = unfinished });
        _keeper.Note(_file!.Path, writer.Events);
        _bytesBefore += writer.BytesWritten;
        _eventsBefore += writer.Events;
        _lostBefore = _lost;
        _writer = null;
    }

    /// <inheritdoc/>
    public override void OnEvent(in TcpEvent e)
    {
        if (e.TimestampNs >= _due)
            SealInTime();
        else if (_writer is { } w && w.BytesWritten >= _rule.Bytes)
            Seal("rotation");
        if (_writer is null)
        {
            _clock = _clock with
            {
                WallNs = _clock.ToWall(e.TimestampNs),
                MonotonicNs = _clock.MonotonicNs + (e.TimestampNs - _clock.BootNs),
                BootNs = e.TimestampNs,
            };
            Open();
        }
        _writer!.OnEvent(in e);
        OnContent();
    }

    /// <summary>The file is not empty, so older files may be deleted for it.</summary>
    private void OnContent()
    {
        if (_isPruned)
            return;
        _isPruned = true;
        _keeper.Prune(_file!.Path);
    }

    /// <inheritdoc/>
    public override void OnClock(in ClockSample sample)
    {
        _clock = sample;
        _writer?.OnClock(in sample);
    }

    /// <inheritdoc/>
    public override void OnLoss(in LossRecord loss)
    {
        _lost += loss.Count;
        if (_writer is null)
            Open(); // the loss must be recorded somewhere
        _writer!.OnLoss(in loss);
        OnContent();
    }

    /// <inheritdoc/>
    public override void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
        _settings = _settings with { Known = view };
        _writer?.OnWorkloads(change, view);
    }

    /// <inheritdoc/>
    public override void OnPause()
    {
        if (_requested)
        {
            _requested = false;
            if (_writer is { } w && w.Events + w.EventsInHand > 0)
                Seal("rotation");
        }
        _writer?.OnPause();
        // On a quiet machine no event comes to end the file's time
        if (_openedAt + (BootClock.Now - _opened) >= _due)
            SealInTime();
    }

    private void SealInTime()
    {
        _dueBefore = _due;
        Seal("rotation");
    }

    /// <inheritdoc/>
    public override void Finish(string cause, long captured, long lost, Unfinished? unfinished = null)
    {
        Seal(cause, unfinished);
        if (!_isPruned && !_keeper.PruneEmpty(_file!.Path))
            _file!.Remove(); // so a recorder that starts again and again and sees nothing does not fill the set with empty files
    }

    /// <inheritdoc/>
    public override void Dispose() => _file?.Dispose();
}
