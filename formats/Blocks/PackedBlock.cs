using System.Buffers;
using MessagePack;
using TcpTracer.Formats.Records;

namespace TcpTracer.Formats.Blocks;

/// <summary>A block of events as it lies in the file, to be unpacked by whoever has time.</summary>
public sealed class PackedBlock
{
    private byte[]? _bytes;
    private readonly Frame _frame;

    internal PackedBlock(in Frame frame)
    {
        _bytes = ArrayPool<byte>.Shared.Rent(frame.Bytes.Length);
        frame.Bytes.CopyTo(_bytes);
        _frame = frame with { Bytes = _bytes.AsMemory(0, frame.Bytes.Length) };
    }

    /// <summary>How many bytes it will unpack to.</summary>
    public int RawBytes => _frame.Promise.RawBytes;

    /// <summary>Its first byte's offset in the file.</summary>
    public long Offset => _frame.Offset;

    /// <summary>The offset of the first byte behind it.</summary>
    public long End => Offset + _frame.Bytes.Length;

    /// <summary>Gives its memory back without unpacking it.</summary>
    public void Drop()
    {
        ArrayPool<byte>.Shared.Return(_bytes!);
        _bytes = null;
    }

    /// <summary>Unpacks it, once.</summary>
    /// <param name="into">What it is read as.</param>
    /// <param name="caches">The thread's own.</param>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public TraceDamage? Unpack(EventBlock into, EntryCaches caches)
    {
        try
        {
            ReadOnlyMemory<byte> raw = into.Unpack(in _frame);
            var from = new MessagePackReader(raw);
            int pairs = from.ReadMapHeader() - 1;
            if (pairs < 0 || RecordReader.ReadString(ref from) != "t" || RecordReader.ReadString(ref from) != RecordKinds.NameOf(RecordKind.Events))
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
            ArrayPool<byte>.Shared.Return(_bytes!);
            _bytes = null;
        }
    }
}
