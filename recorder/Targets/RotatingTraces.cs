using TcpTracer.Formats.Events;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>When to begin a new file, and how many to keep.</summary>
/// <param name="Bytes">At this size; null: whatever the size.</param>
/// <param name="Period">After this time; null: however long.</param>
/// <param name="Aligned">Whether the times are whole multiples of the period by the wall clock.</param>
/// <param name="Keep">So many files in all, the oldest deleted first; null: all.</param>
public sealed record RotationRule(long? Bytes, TimeSpan? Period, bool Aligned, int? Keep);

/// <summary>
/// A set of files, each a whole trace. A new one begins with the first event that belongs to it, so that there is never an empty last file.
/// </summary>
public sealed class RotatingTraces : RecordingTarget
{
    private readonly string _path;
    private readonly RotationRule _rule;
    private TraceSettings _settings;
    private FileStream? _file;
    private TraceWriter? _writer;
    private ClockSample _clock;
    private long _due = long.MaxValue;
    private long _bytesBefore, _eventsBefore, _lost, _lostBefore;
    private int _files;
    private volatile bool _requested;
    private volatile string _newestFile = "";

    /// <summary>Begins the first file at once.</summary>
    public RotatingTraces(string path, TraceSettings settings, RotationRule rule)
    {
        _path = path;
        _rule = rule;
        _settings = settings;
        _clock = settings.Header.Clock;
        Open();
    }

    /// <inheritdoc/>
    public override long BytesWritten => _bytesBefore + (_writer?.BytesWritten ?? 0);

    /// <inheritdoc/>
    public override long Events => _eventsBefore + (_writer?.Events ?? 0);

    /// <inheritdoc/>
    public override string Description => $"{_files} file{(_files == 1 ? "" : "s")} {Path.GetFileNameWithoutExtension(_path)}-*{Path.GetExtension(_path)}";

    /// <inheritdoc/>
    public override string NewestFile => _newestFile;

    /// <inheritdoc/>
    public override void Request() => _requested = true;

    private void Open()
    {
        string path = TraceFileSet.NameInSet(_path, _clock.WallNs, ++_files);
        _file = new TraceOutput(path);
        _newestFile = _file.Name;
        _writer = (_settings with { Header = _settings.Header with { Clock = _clock } }).Begin(_file);
        _due = NextDue();
        if (_rule.Keep is not { } keep)
            return;
        IReadOnlyList<string> set = TraceFileSet.InSet(_path);
        foreach (string old in set.Take(Math.Max(0, set.Count - keep)))
            File.Delete(old);
    }

    /// <summary>In boot time, which does not jump.</summary>
    private long NextDue()
    {
        if (_rule.Period is not { } period)
            return long.MaxValue;
        long ns = period.Ticks * TimeSpan.NanosecondsPerTick;
        return _clock.BootNs + (_rule.Aligned ? ns - _clock.WallNs % ns : ns);
    }

    private void Close(string cause)
    {
        if (_writer is null)
            return;
        _writer.Finish(new TraceEnd(cause, _writer.Events, _writer.Events, _lost - _lostBefore));
        _bytesBefore += _writer.BytesWritten;
        _eventsBefore += _writer.Events;
        _lostBefore = _lost;
        _file!.Dispose();
        _writer = null;
        _file = null;
    }

    /// <inheritdoc/>
    public override void OnEvent(in TcpEvent e)
    {
        if (e.TimestampNs >= _due || _writer is { } w && w.BytesWritten >= _rule.Bytes)
            Close("rotation");
        if (_writer is null)
        {
            _clock = _clock with { WallNs = _clock.ToWall(e.TimestampNs), MonotonicNs = _clock.MonotonicNs + (e.TimestampNs - _clock.BootNs), BootNs = e.TimestampNs };
            Open();
        }
        _writer!.OnEvent(in e);
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
            Open(); // a loss must have a place
        _writer!.OnLoss(in loss);
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
            if (_writer is { Events: > 0 })
                Close("rotation");
        }
        _writer?.OnPause();
    }

    /// <inheritdoc/>
    public override void Finish(string cause, long captured, long lost) => Close(cause);

    /// <inheritdoc/>
    public override void Dispose() => _file?.Dispose();
}
