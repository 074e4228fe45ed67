using System.Buffers.Binary;

namespace TcpTracer.Replay.Exports;

/// <summary>Bytes of a foreign format under construction. Grows as needed, and is used again after <see cref="Clear"/>.</summary>
internal sealed class ByteBuffer
{
    private byte[] _bytes = new byte[1024];

    /// <summary>How many there are.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Starts anew.</summary>
    public void Clear() => Length = 0;

    /// <summary>Room for more, of which <see cref="Advance"/> tells how much was used.</summary>
    public Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        return _bytes.AsSpan(Length);
    }

    /// <summary>So many bytes of the room are written.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>One byte.</summary>
    public void Append(byte value)
    {
        Room(1)[0] = value;
        Length++;
    }

    /// <summary>Several bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    /// <summary>Two bytes, the lower one first.</summary>
    public void AppendUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(Room(sizeof(ushort)), value);
        Length += sizeof(ushort);
    }

    /// <summary>Four bytes, the lowest first.</summary>
    public void AppendUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Room(sizeof(uint)), value);
        Length += sizeof(uint);
    }

    /// <summary>Eight bytes, the lowest first.</summary>
    public void AppendUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(Room(sizeof(ulong)), value);
        Length += sizeof(ulong);
    }

    /// <summary>Seven bits a byte, the lowest first; the top bit says that more follow.</summary>
    public void AppendVarint(ulong value)
    {
        const int longest = 10, bits = 7, more = 0x80;
        Span<byte> room = Room(longest);
        int count = 0;
        for (; value >= more; value >>= bits)
            room[count++] = (byte)(value | more);
        room[count++] = (byte)value;
        Length += count;
    }

    /// <summary>A number with a sign as a varint: those near zero are short.</summary>
    public void AppendZigZag(long value) => AppendVarint((ulong)(value << 1 ^ value >> 63));

    /// <summary>Puts four bytes where something stands already.</summary>
    public void PatchUInt32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);
}
