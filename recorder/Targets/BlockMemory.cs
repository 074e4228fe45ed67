using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>
/// The blocks of the last minutes or megabytes, as they would lie in a file. A trace writer writes into it, one block with each
/// write. Blocks that are moved to a file are removed here, so that no two files have the same events.
/// </summary>
/// <param name="bytes">Keep at most so many bytes; null: no such limit.</param>
/// <param name="age">Keep no block that is older; null: no such limit.</param>
internal sealed class BlockMemory(long? bytes, TimeSpan? age) : Stream
{
    private readonly LinkedList<(BlockHeader Header, byte[] Bytes, WorkloadChange? Names)> _blocks = [];

    /// <summary>The beginning of every file: the start frame and the header record.</summary>
    private readonly MemoryStream _preamble = new();

    private WorkloadIndex? _forgottenNames;
    private WorkloadChange? _coming;
    private long _bytes;
    private long _events, _letGo;

    /// <summary>Called when a block was added.</summary>
    public Action? Arrived { get; set; }

    /// <summary>How many events it holds. From any thread.</summary>
    public long Events => Volatile.Read(ref _events);

    /// <summary>How many events it let go because they were too old or too many. From any thread.</summary>
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

    /// <summary>The next block has these names. They stay known when that block is forgotten.</summary>
    public void Announce(WorkloadChange names) => _coming = names;

    /// <summary>
    /// Forgets blocks that are too old or too many. It never forgets the last block with events because of its size: an empty
    /// memory would be useless.
    /// </summary>
    /// <param name="now">Boot time in nanoseconds.</param>
    public void Forget(long now)
    {
        long oldest = age is { } a ? now - a.Ticks * TimeSpan.NanosecondsPerTick : long.MinValue;
        while (_blocks.First is { } first && (first.Value.Header.MaxTimestamp < oldest
            || (_bytes > bytes && (_events == 0 || _events > first.Value.Header.Rows))))
        {
            Volatile.Write(ref _letGo, _letGo + first.Value.Header.Rows);
            RemoveFirst();
        }
    }

    private void RemoveFirst()
    {
        (BlockHeader header, byte[] block, WorkloadChange? known) = _blocks.First!.Value;
        _bytes -= block.Length;
        Volatile.Write(ref _events, _events - header.Rows);
        if (known is { } names)
            _forgottenNames = (names.IsCheckpoint || _forgottenNames is null ? WorkloadIndex.Empty : _forgottenNames).With(names);
        _blocks.RemoveFirst();
    }

    /// <summary>Writes the beginning of a file, and the names that are known where the memory begins.</summary>
    /// <param name="to">The file. The caller owns it.</param>
    /// <param name="now">Boot time in nanoseconds.</param>
    /// <param name="next">The number of the next record to come.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteBeginning(Stream to, long now, uint next)
    {
        to.Write(_preamble.GetBuffer().AsSpan(0, (int)_preamble.Length));
        if (_forgottenNames is null)
            return;
        // The names are a checkpoint. It takes the numbers of the last forgotten records: there were at least as many
        BlockHeader? first = _blocks.First?.Value.Header;
        WorkloadChange[] parts = [.. _forgottenNames.ToCheckpoint(first?.MinTimestamp ?? now).Split()];
        var output = new RecordOutput(to, (uint)((first?.Sequence ?? next) - parts.Length));
        foreach (WorkloadChange part in parts)
        {
            var header = BlockHeader.Of(RecordKind.Metadata, part.ObservedNs, part.ObservedNs);
            output.Write(MetadataRecord.Encode(part), header, leastFrame: MetadataRecord.LeastFrame(part));
        }
    }

    /// <summary>Writes all blocks and forgets them.</summary>
    /// <exception cref="IOException">A block cannot be written. It and those after it stay here.</exception>
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
        // there is no buffer
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
