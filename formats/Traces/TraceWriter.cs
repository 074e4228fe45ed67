using System.Buffers;
using MessagePack;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Traces;

/// <summary>
/// Writes a trace, block after block and never backwards, with one write for each block. So whatever interrupts it, only the block that is
/// being collected is lost. Twin of <see cref="TraceReader"/>.
/// </summary>
public sealed class TraceWriter : IEventSink
{
    private const long CheckpointBytes = 64 << 20;
    private readonly RecordOutput _output;
    private readonly TimeSpan _flushInterval;
    private readonly EventBlockBuilder _block;
    private readonly MetadataSelector _metadata;
    private readonly bool _isInformed;
    private readonly Action<WorkloadChange>? _metadataComing;
    private readonly ArrayBufferWriter<byte> _raw = new(256 * 1024);
    private WorkloadView _view;
    private long _blockSince, _checkpointAt, _metadataBytes, _metadataParts, _checkpointBytes, _checkpointParts;
    private ClockSample _clock;

    /// <summary>Writes the beginning of a trace.</summary>
    /// <param name="to">The stream, which the caller disposes of.</param>
    /// <param name="header">Describes the recording.</param>
    /// <param name="flushInterval">The longest time that an event is held back.</param>
    /// <param name="known">All names that are known now; null: names never become known.</param>
    /// <param name="scope">Which names go into the trace.</param>
    /// <param name="metadataComing">Called with each metadata record before it is written.</param>
    public TraceWriter(
        Stream to, TraceHeader header, TimeSpan flushInterval, WorkloadView? known = null,
        MetadataScope scope = MetadataScope.Referenced, Action<WorkloadChange>? metadataComing = null)
    {
        header = FittedHeader.Of(header, out bool isCut);
        IsHeaderCut = isCut;
        _metadataComing = metadataComing;
        _block = new EventBlockBuilder { IsMerged = header.Merged.Count > 0 };
        _metadata = new MetadataSelector(scope, header.Node);
        _isInformed = known is not null;
        _view = known ?? WorkloadView.Empty;
        _output = new RecordOutput(to, header);
        _flushInterval = flushInterval;
        _clock = header.Clock;
        _output.Write(HeaderRecord.Encode(header), BlockHeader.Of(RecordKind.Header, header.Clock.BootNs, header.Clock.BootNs),
            leastFrame: HeaderRecord.LeastFrame(header));
        if (known is not null && scope != MetadataScope.None)
            WriteMetadata(_metadata.Select(_view.Index.ToCheckpoint(header.Clock.BootNs), _view.Index));
    }

    /// <summary>Says at the end how the sources of names did; null: that is not known.</summary>
    public Func<NamesAtEnd>? NamesAtEnd { get; init; }

    /// <summary>Whether not all texts of the header fitted into its record.</summary>
    public bool IsHeaderCut { get; }

    /// <summary>Bytes written so far.</summary>
    public long BytesWritten => _output.BytesWritten;

    /// <summary>The number of the next record.</summary>
    public uint NextSequence => _output.Sequence;

    /// <summary>Events in the blocks that were written.</summary>
    public long Events { get; private set; }

    /// <summary>Events of the block that is being collected.</summary>
    public int EventsInHand => _block.Rows;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        if (_block.Rows == 0)
            _blockSince = Environment.TickCount64;
        _block.Add(in e);
        if (_block.IsFull)
            FlushBlock();
    }

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample)
    {
        FlushBlock(); // all events of a block share one clock sample
        _clock = sample;
        _output.Write(ClockRecord.Encode(in sample), BlockHeader.Of(RecordKind.Clock, sample.BootNs, sample.BootNs));
    }

    /// <inheritdoc/>
    public void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
        WriteMentioned();
        _view = view;
        WorkloadChange selected = _metadata.Select(change, view.Index);
        if (selected.IsEmpty)
            return;
        FlushBlock(); // all events of a block share one set of names
        WriteMetadata(selected);
        if (IsMetadataNearItsLimit)
            WriteCheckpoint();
    }

    // If pods come and go faster than events, the metadata would exceed a reader's limits
    private bool IsMetadataNearItsLimit => _metadataBytes > Math.Max(TraceLimits.MetadataBytes / 2, _checkpointBytes * 2)
        || _metadataParts > Math.Max(TraceLimits.MetadataParts / 2, _checkpointParts * 2);

    /// <summary>
    /// Writes all names again. From here on a reader can forget the earlier ones, and names that were lost by damage are known again.
    /// </summary>
    private void WriteCheckpoint()
    {
        FlushBlock();
        _metadata.Clear();
        BeginCheckpoint();
        WriteNames(_metadata.Select(_view.Index.ToCheckpoint(_clock.BootNs), _view.Index));
    }

    /// <summary>
    /// Whether the names should be written again as a checkpoint: damage would cost too many of them, or a reader would refuse more.
    /// </summary>
    public bool NeedsCheckpoint => _metadataBytes > 0 && IsCheckpointDue;

    private bool IsCheckpointDue => BytesWritten - _checkpointAt >= CheckpointBytes || IsMetadataNearItsLimit;

    /// <summary>All names are about to be written again, by a caller that chooses them itself (<see cref="MetadataScope.None"/>).</summary>
    public void BeginCheckpoint()
    {
        _checkpointAt = BytesWritten;
        _metadataBytes = _metadataParts = 0;
    }

    /// <summary>Writes names before the block in hand, for who chooses names himself.</summary>
    public void WriteNames(WorkloadChange change)
    {
        bool isFirst = _metadataBytes == 0;
        WriteMetadata(change);
        if (isFirst)
            (_checkpointBytes, _checkpointParts) = (_metadataBytes, _metadataParts);
    }

    /// <summary>Copies a block of another trace as it lies there.</summary>
    /// <param name="block">Its bytes.</param>
    /// <param name="description">What its header should say.</param>
    public void CopyBlock(PackedBlock block, BlockHeader description)
    {
        FlushBlock();
        _output.Copy(block.Bytes, description with { RawBytes = block.RawBytes });
        Events += description.Rows;
    }

    private void WriteMentioned()
    {
        if (_isInformed && _block.Rows > 0)
            WriteMetadata(_metadata.Mention(_block, _view));
    }

    private void WriteMetadata(WorkloadChange change)
    {
        foreach (WorkloadChange part in change.Split())
        {
            if (part.IsEmpty)
                continue;
            _metadataComing?.Invoke(part);
            byte[] record = MetadataRecord.Encode(part);
            _metadataBytes += record.Length;
            _metadataParts += part.Parts;
            _output.Write(record, BlockHeader.Of(RecordKind.Metadata, part.ObservedNs, part.ObservedNs),
                leastFrame: MetadataRecord.LeastFrame(part));
        }
    }

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss)
    {
        FlushBlock();
        _output.Lost += loss.Count;
        _output.Write(LossCodec.Encode(in loss), BlockHeader.Of(RecordKind.Loss, loss.FromNs, loss.ToNs));
    }

    /// <inheritdoc/>
    public void OnPause()
    {
        if (_block.Rows > 0 && Environment.TickCount64 - _blockSince >= _flushInterval.TotalMilliseconds)
            FlushBlock();
    }

    /// <summary>Writes the end of the trace. Nothing may be written after it.</summary>
    public void Finish(TraceEnd end)
    {
        FlushBlock();
        if (end.Names is null)
            end = end with { Names = NamesAtEnd?.Invoke() };
        _output.Write(EndRecord.Encode(end), BlockHeader.Of(RecordKind.End, 0, 0));
    }

    private void EncodeBlock(int padding)
    {
        _raw.ResetWrittenCount();
        var record = new MessagePackWriter(_raw);
        _block.Write(ref record, in _clock, padding);
        record.Flush();
    }

    /// <summary>Writes the block that is being collected.</summary>
    public void FlushBlock()
    {
        if (_block.Rows == 0)
            return;
        WriteMentioned();
        EncodeBlock(0);
        int least = _block.Rows / TraceLimits.RowsPerByte;
        if (_raw.WrittenCount < least)
            EncodeBlock(least);
        _output.Write(_raw.WrittenSpan, _block.Describe());
        Events += _block.Rows;
        _block.Clear();
        _metadata.Trim();
        if (!_view.Index.IsEmpty && IsCheckpointDue)
            WriteCheckpoint();
    }
}
