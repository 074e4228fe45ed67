using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>How a flight recorder works.</summary>
/// <param name="Bytes">Keeps so many bytes; null: no such limit.</param>
/// <param name="Age">Keeps so much time; null: no such limit.</param>
/// <param name="DumpOn">An event that is among these has the memory written out; null: only the signal does.</param>
/// <param name="After">How much of what follows goes with it.</param>
public sealed record FlightRule(long? Bytes, TimeSpan? Age, EventFilter? DumpOn, TimeSpan After);

/// <summary>
/// Keeps the last of what happened in memory. Asked for it, or on an event of a kind, it writes that out with a little of what follows, each
/// time into a new file, and goes on.
/// </summary>
public sealed class FlightRecorder : RecordingTarget
{
    private readonly string _path;
    private readonly FlightRule _rule;
    private readonly BlockMemory _memory;
    private readonly TraceWriter _writer;
    private readonly Action<string> _written;
    private FileStream? _dump;
    private string _dumpPath = "";
    private long _dumpEvents, _dumpUntil, _bytes, _events, _lost, _lastEventNs;
    private int _files;
    private volatile bool _requested;
    private volatile string _newestFile = "";

    /// <param name="path">Names the files, as for rotation.</param>
    /// <param name="settings">What each begins with.</param>
    /// <param name="rule">How much to keep, and when to write it out.</param>
    /// <param name="written">Told the name of each finished file.</param>
    public FlightRecorder(string path, TraceSettings settings, FlightRule rule, Action<string> written)
    {
        _path = path;
        _rule = rule;
        _written = written;
        _memory = new BlockMemory(rule.Bytes, rule.Age) { Arrived = OnBlock };
        _writer = settings.Begin(_memory, _memory.Announce);
        Clock = settings.Header.Clock;
    }

    private ClockSample Clock { get; set; }

    /// <inheritdoc/>
    public override long BytesWritten => _bytes;

    /// <inheritdoc/>
    public override long Events => _events;

    /// <inheritdoc/>
    public override string Description => _files == 0 ? "no file (SIGUSR2 writes the memory out)" : $"{_files} file{(_files == 1 ? "" : "s")} {Path.GetFileNameWithoutExtension(_path)}-*{Path.GetExtension(_path)}";

    /// <inheritdoc/>
    public override string NewestFile => _newestFile;

    /// <inheritdoc/>
    public override void Request() => _requested = true;

    /// <inheritdoc/>
    public override void OnEvent(in TcpEvent e)
    {
        _lastEventNs = e.TimestampNs;
        if (_dump is not null && e.TimestampNs >= _dumpUntil)
            EndDump("dump");
        _writer.OnEvent(in e);
        if (_dump is null && _rule.DumpOn?.Matches(in e) == true)
            BeginDump(e.TimestampNs);
    }

    /// <inheritdoc/>
    public override void OnClock(in ClockSample sample)
    {
        Clock = sample;
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
        {
            _requested = false;
            if (_dump is null)
                BeginDump(now);
        }
        _writer.OnPause();
        if (_dump is not null && now >= _dumpUntil)
            EndDump("dump");
    }

    private void BeginDump(long now)
    {
        _writer.FlushBlock();
        _dumpPath = TraceFileSet.NameInSet(_path, Clock.ToWall(now), ++_files);
        _dump = new TraceOutput(_dumpPath);
        _newestFile = _dump.Name;
        _memory.CopyOut(_dump);
        _dumpEvents = _memory.Events;
        _dumpUntil = now + _rule.After.Ticks * TimeSpan.NanosecondsPerTick;
    }

    private void OnBlock(byte[] block)
    {
        if (_dump is null)
            return;
        _dump.Write(block);
        _dumpEvents += BlockHeader.OfWrittenBlock(block)?.Rows ?? 0;
    }

    private void EndDump(string cause)
    {
        _writer.FlushBlock();
        FileStream dump = _dump!;
        new RecordOutput(dump, _writer.NextSequence).Write(EndRecord.Encode(new TraceEnd(cause, _dumpEvents, _dumpEvents, _lost)), BlockHeader.Of(RecordKind.End, 0, 0));
        _bytes += dump.Length;
        _events += _dumpEvents;
        dump.Dispose();
        _dump = null;
        _written(_dumpPath);
    }

    /// <inheritdoc/>
    public override void Finish(string cause, long captured, long lost)
    {
        if (_requested && _dump is null)
            BeginDump(_lastEventNs);
        if (_dump is not null)
            EndDump(cause);
    }

    /// <inheritdoc/>
    public override void Dispose() => _dump?.Dispose();
}
