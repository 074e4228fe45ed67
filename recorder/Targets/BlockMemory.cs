using TcpTracer.Formats.TraceFile;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>The blocks of the last minutes or megabytes, as they would lie in a file. A trace writer writes into it, one block a write.</summary>
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

    /// <summary>Called with each block as it comes.</summary>
    public Action<byte[]>? Arrived { get; set; }

    /// <summary>Events held.</summary>
    public long Events => _blocks.Sum(b => (long)b.Header.Rows);

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
        Forget(header.MaxTimestamp);
        Arrived?.Invoke(block);
    }

    /// <summary>The next block is this, packed: what it says still holds when it is forgotten.</summary>
    public void Announce(WorkloadChange names) => _coming = names;

    private void Forget(long now)
    {
        long oldest = age is { } a ? now - a.Ticks * TimeSpan.NanosecondsPerTick : long.MinValue;
        while (_blocks.First is { Next: not null } first && (_bytes > bytes || first.Value.Header.MaxTimestamp < oldest))
        {
            _bytes -= first.Value.Bytes.Length;
            if (first.Value.Names is { } names)
                _forgottenNames = (names.IsCheckpoint || _forgottenNames is null ? WorkloadIndex.Empty : _forgottenNames).With(names);
            _blocks.RemoveFirst();
        }
    }

    /// <summary>Writes everything held as the beginning of a trace.</summary>
    public void CopyOut(Stream to)
    {
        to.Write(_preamble.GetBuffer(), 0, (int)_preamble.Length);
        CopyForgottenNames(to);
        foreach ((_, byte[] block, _) in _blocks)
            to.Write(block);
    }

    /// <summary>As a checkpoint, in the places of the last records that were forgotten: what they said filled at least as many.</summary>
    private void CopyForgottenNames(Stream to)
    {
        if (_forgottenNames is null || _blocks.First is not { } first)
            return;
        WorkloadChange[] parts = [.. _forgottenNames.ToCheckpoint(first.Value.Header.MinTimestamp).Split()];
        var output = new RecordOutput(to, (uint)(first.Value.Header.Sequence - parts.Length));
        foreach (WorkloadChange part in parts)
            output.Write(MetadataRecord.Encode(part), BlockHeader.Of(RecordKind.Metadata, part.ObservedNs, part.ObservedNs));
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
