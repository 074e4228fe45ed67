using System.Buffers;
using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.TraceFile;

/// <summary>
/// Writes a trace: only ever forwards, one write for each block, so that whatever cuts it off costs at most the block in hand.
/// Twin of <see cref="TraceReader"/>.
/// </summary>
public sealed class TraceWriter : IEventSink
{
    private const long CheckpointBytes = 64 << 20;
    private readonly RecordOutput _output;
    private readonly TimeSpan _flushInterval;
    private readonly EventBlockBuilder _block = new();
    private readonly MetadataSelector _metadata;
    private readonly bool _followsEvents;
    private readonly Action<WorkloadChange>? _metadataComing;
    private readonly ArrayBufferWriter<byte> _raw = new(256 * 1024);
    private WorkloadView _view;
    private long _blockSince, _checkpointAt;
    private ClockSample _clock;

    /// <summary>Writes the beginning.</summary>
    /// <param name="to">Where to; not closed.</param>
    /// <param name="header">Who records.</param>
    /// <param name="flushInterval">The longest that an event is held back.</param>
    /// <param name="known">What is known of pods and containers at this place; null: nothing, and nothing will.</param>
    /// <param name="scope">How much of it goes into the trace.</param>
    /// <param name="metadataComing">Told each metadata record before it is written.</param>
    public TraceWriter(Stream to, TraceHeader header, TimeSpan flushInterval, WorkloadView? known = null, MetadataScope scope = MetadataScope.Referenced, Action<WorkloadChange>? metadataComing = null)
    {
        _metadataComing = metadataComing;
        _metadata = new MetadataSelector(scope, header.Node);
        _followsEvents = known is not null && _metadata.FollowsEvents;
        _view = known ?? WorkloadView.Empty;
        _output = new RecordOutput(to, header);
        _flushInterval = flushInterval;
        _clock = header.Clock;
        WriteHeader(header);
        if (known is not null && scope != MetadataScope.None)
            WriteMetadata(_metadata.Select(_view.Index.ToCheckpoint(header.Clock.BootNs), _view.Index));
    }

    /// <summary>Bytes written so far.</summary>
    public long BytesWritten => _output.BytesWritten;

    /// <summary>Number of the next record.</summary>
    public uint NextSequence => _output.Sequence;

    /// <summary>Events taken so far.</summary>
    public long Events { get; private set; }

    private void WriteHeader(TraceHeader header)
    {
        MessagePackWriter record = Begin(RecordKind.Header, header.Sources.Count > 0 ? 15 : 14);
        record.Write("major");
        record.Write(header.Major);
        record.Write("minor");
        record.Write(header.Minor);
        record.Write("required");
        WriteStrings(ref record, header.Required);
        record.Write("run");
        record.Write(header.RunId.ToByteArray());
        record.Write("tool");
        record.Write(header.Tool);
        record.Write("node");
        record.Write(header.Node);
        record.Write("kernel");
        record.Write(header.Kernel);
        record.Write("machine");
        record.Write(header.Machine);
        record.Write("cpus");
        record.Write(header.Cpus);
        record.Write("boot_id");
        record.Write(header.BootId);
        record.Write("command");
        WriteStrings(ref record, header.CommandLine);
        record.Write("hooks");
        WriteStrings(ref record, header.Hooks);
        if (header.Sources.Count > 0)
        {
            record.Write("sources");
            WriteStrings(ref record, header.Sources);
        }
        record.Write("ring");
        record.Write(header.RingBytes);
        record.Write("clock");
        ClockCodec.Write(ref record, header.Clock);
        record.Flush();
        Emit(RecordKind.Header, header.Clock.BootNs, header.Clock.BootNs);
    }

    private static void WriteStrings(ref MessagePackWriter to, IReadOnlyList<string> strings)
    {
        to.WriteArrayHeader(strings.Count);
        foreach (string s in strings)
            to.Write(s);
    }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        if (_block.Rows == 0)
            _blockSince = Environment.TickCount64;
        if (_followsEvents && _metadata.Mention(in e) is { } mentioned)
            WriteMetadata(mentioned);
        _block.Add(in e);
        Events++;
        if (_block.IsFull)
            FlushBlock();
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample)
    {
        FlushBlock(); // a block stands under one clock
        _clock = sample;
        MessagePackWriter record = Begin(RecordKind.Clock, 1);
        record.Write("clock");
        ClockCodec.Write(ref record, sample);
        record.Flush();
        Emit(RecordKind.Clock, sample.BootNs, sample.BootNs);
    }

    /// <inheritdoc/>
    public void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
        _view = view;
        WorkloadChange selected = _metadata.Select(change, view.Index);
        if (selected.IsEmpty)
            return;
        FlushBlock(); // a block stands under one set of names
        WriteMetadata(selected);
    }

    /// <summary>Says everything again: what damage before here cost is made good, and a reader can forget the rest.</summary>
    private void WriteCheckpoint()
    {
        FlushBlock();
        _metadata.Clear();
        _checkpointAt = BytesWritten;
        WriteMetadata(_metadata.Select(_view.Index.ToCheckpoint(_clock.BootNs), _view.Index));
    }

    private void WriteMetadata(WorkloadChange change)
    {
        foreach (WorkloadChange part in change.Split())
        {
            if (part.IsEmpty)
                continue;
            _metadataComing?.Invoke(part);
            _output.Write(MetadataRecord.Encode(part), BlockHeader.Of(RecordKind.Metadata, part.ObservedNs, part.ObservedNs));
        }
    }

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss)
    {
        FlushBlock();
        _output.Lost += loss.Count;
        MessagePackWriter record = Begin(RecordKind.Loss, 5);
        record.Write("from");
        record.Write(loss.FromNs);
        record.Write("to");
        record.Write(loss.ToNs);
        record.Write("source");
        record.Write((byte)loss.Source);
        record.Write("count");
        record.Write(loss.Count);
        record.Write("total");
        record.Write(loss.Total);
        record.Flush();
        Emit(RecordKind.Loss, loss.FromNs, loss.ToNs);
    }

    /// <inheritdoc/>
    public void OnPause()
    {
        if (_block.Rows > 0 && Environment.TickCount64 - _blockSince >= _flushInterval.TotalMilliseconds)
            FlushBlock();
    }

    /// <summary>Writes the end. What follows would be another trace.</summary>
    public void Finish(TraceEnd end)
    {
        FlushBlock();
        _output.Write(EndRecord.Encode(end), BlockHeader.Of(RecordKind.End, 0, 0));
    }

    /// <summary>Ends the block in hand.</summary>
    public void FlushBlock()
    {
        if (_block.Rows == 0)
            return;
        _raw.ResetWrittenCount();
        var record = new MessagePackWriter(_raw);
        _block.Write(ref record, in _clock);
        record.Flush();
        _output.Write(_raw.WrittenSpan, _block.Describe());
        _block.Clear();
        _metadata.Trim();
        if (!_view.Index.IsEmpty && BytesWritten - _checkpointAt >= CheckpointBytes)
            WriteCheckpoint();
    }

    /// <summary>Starts a record: a map whose first key is its kind.</summary>
    private MessagePackWriter Begin(RecordKind kind, int otherKeys)
    {
        _raw.ResetWrittenCount();
        var record = new MessagePackWriter(_raw);
        record.WriteMapHeader(otherKeys + 1);
        record.Write("t");
        record.Write(RecordKinds.NameOf(kind));
        return record;
    }

    private void Emit(RecordKind kind, long min, long max) => _output.Write(_raw.WrittenSpan, BlockHeader.Of(kind, min, max));
}
