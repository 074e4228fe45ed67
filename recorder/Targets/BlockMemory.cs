using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>
/// The blocks of the last minutes or megabytes, as they would lie in a file. A trace writer writes into it, one block a write. What was written out is in it no
/// longer: no two files hold the same.
/// </summary>
/// <param name="bytes">At most so many; null: no such limit.</param>
/// <param name="age">At most so old; null: no such limit.</param>
internal sealed class BlockMemory(long? bytes, TimeSpan? age) : Stream
{
    private readonly LinkedList<(BlockHeader Header, byte[] Bytes, WorkloadChange? Names)> _blocks = [];

    /// <summary>What every copy begins with: the start frame and the header record.</summary>
    private readonly MemoryStream _preamble = new();

    private WorkloadIndex? _forgottenNames;
    private WorkloadChange? _coming;
    private long _bytes;
    private long _events, _letGo;

    /// <summary>Called when there is a block more.</summary>
    public Action? Arrived { get; set; }

    /// <summary>Events held.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>Events that were too old, or too many, and are gone.</summary>
    public long EventsLetGo => Volatile.Read(ref _letGo);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (BlockHeader.OfWrittenBlock(buffer) is not { Kind: not RecordKind.Header } header)
        {
            _preamble.Write(buffer);
            return;
        }
        byte[] block = buffer.ToArray();
        _blocks.AddLast((header, block, _coming));
        _coming = null;
        _bytes += block.Length;
        Volatile.Write(ref _events, _events + header.Rows);
        Forget(header.MaxTimestamp);
        Arrived?.Invoke();
    }

    /// <summary>The next block is this, packed: what it says still holds when it is forgotten.</summary>
    public void Announce(WorkloadChange names) => _coming = names;

    /// <summary>Lets go of what is too old, and of what is too much. The last block with events is never too much: a memory without any would be of no use.</summary>
    /// <param name="now">Boot time.</param>
    public void Forget(long now)
    {
        long oldest = age is { } a ? now - a.Ticks * TimeSpan.NanosecondsPerTick : long.MinValue;
        while (_blocks.First is { } first && (first.Value.Header.MaxTimestamp < oldest || (_bytes > bytes && (_events == 0 || _events > first.Value.Header.Rows))))
        {
            Volatile.Write(ref _letGo, _letGo + first.Value.Header.Rows);
            RemoveFirst();
        }
    }

    private void RemoveFirst()
    {
        (BlockHeader header, byte[] block, WorkloadChange? told) = _blocks.First!.Value;
        _bytes -= block.Length;
        Volatile.Write(ref _events, _events - header.Rows);
        if (told is { } names)
            _forgottenNames = (names.IsCheckpoint || _forgottenNames is null ? WorkloadIndex.Empty : _forgottenNames).With(names);
        _blocks.RemoveFirst();
    }

    /// <summary>Writes what every trace begins with, and the names that hold where the memory begins.</summary>
    /// <param name="to">The file.</param>
    /// <param name="now">Boot time.</param>
    /// <param name="next">Number of the next record that is to come.</param>
    public void WriteBeginning(Stream to, long now, uint next)
    {
        to.Write(_preamble.GetBuffer().AsSpan(0, (int)_preamble.Length));
        if (_forgottenNames is null)
            return;
        // As a checkpoint, in the places of the last records that were forgotten: what they said filled at least as many
        BlockHeader? first = _blocks.First?.Value.Header;
        WorkloadChange[] parts = [.. _forgottenNames.ToCheckpoint(first?.MinTimestamp ?? now).Split()];
        var output = new RecordOutput(to, (uint)((first?.Sequence ?? next) - parts.Length));
        foreach (WorkloadChange part in parts)
            output.Write(MetadataRecord.Encode(part), BlockHeader.Of(RecordKind.Metadata, part.ObservedNs, part.ObservedNs), parts: part.Parts);
    }

    /// <summary>Moves everything held to where it is written. Should that fail, what is not there stays.</summary>
    public void MoveTo(Stream to)
    {
        while (_blocks.First is { } first)
        {
            to.Write(first.Value.Bytes.AsSpan());
            RemoveFirst();
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // nothing is held back
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
