using System.Buffers;
using MessagePack;
using TcpTracer.Formats.Records;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// A block of events, still compressed, which any thread may unpack later. Call either <see cref="Unpack"/> or <see cref="Drop"/>, and only
/// once: both give back its buffer.
/// </summary>
public sealed class PackedBlock
{
    private byte[]? _bytes;
    private Frame _frame;

    internal PackedBlock(in Frame frame, BlockHeader? announced)
    {
        Announced = announced;
        _bytes = ArrayPool<byte>.Shared.Rent(frame.Bytes.Length);
        frame.Bytes.CopyTo(_bytes);
        _frame = frame with { Bytes = _bytes.AsMemory(0, frame.Bytes.Length) };
    }

    /// <summary>Its block header; null: none that fits.</summary>
    public BlockHeader? Announced { get; }

    /// <summary>Whether its bytes stay after it is unpacked, until <see cref="Drop"/>: for whoever copies it as it is.</summary>
    public bool IsKept { get; set; }

    /// <summary>Its bytes, as they lie in the file.</summary>
    internal ReadOnlySpan<byte> Bytes => _frame.Bytes.Span;

    /// <summary>Bytes after decompression.</summary>
    public int RawBytes => _frame.Promise.RawBytes;

    /// <summary>The offset of its first byte in the file.</summary>
    public long Offset => _frame.Offset;

    /// <summary>The offset of the first byte after it.</summary>
    public long End => Offset + _frame.Bytes.Length;

    /// <summary>Gives back the buffer: the block is not wanted.</summary>
    public void Drop()
    {
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
        _frame = _frame with { Bytes = default };
    }

    /// <summary>Decompresses and decodes the block, and gives back the buffer.</summary>
    /// <param name="into">Gets the events.</param>
    /// <param name="caches">The caches of this thread.</param>
    /// <returns>What is wrong with the block; null: it is good.</returns>
    public TraceDamage? Unpack(EventBlock into, EntryCaches caches)
    {
        try
        {
            ReadOnlyMemory<byte> raw = into.Unpack(in _frame);
            var from = new MessagePackReader(raw);
            int pairs = from.ReadMapHeader() - 1;
            if (pairs < 0 || RecordReader.ReadString(ref from) != "t"
                || RecordReader.ReadString(ref from) != RecordKinds.NameOf(RecordKind.Events))
                throw new BadRecordException("a record of events, as its block header says", "another");
            into.Load(raw, _frame.Bytes.Length, ref from, pairs, caches);
            caches.CollectIfNeedBe();
            return null;
        }
        catch (Exception e) when (BadRecordException.IsOne(e))
        {
            return BadRecordException.ToDamage(e, _frame.Offset);
        }
        finally
        {
            if (!IsKept)
                Drop();
        }
    }
}
