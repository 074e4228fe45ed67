using System.Text;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>Thrift's compact protocol, as far as Parquet's headers and footer need it: fields in the order of their numbers.</summary>
internal sealed class ThriftWriter
{
    private const int True = 1, False = 2, Byte = 3, Int32 = 5, Int64 = 6, Binary = 8, List = 9, Struct = 12;
    private const int ShortList = 15, ShortStep = 15;
    private readonly Stack<int> _outer = new();
    private int _last;

    /// <summary>What is written.</summary>
    public ByteBuffer Bytes { get; } = new();

    /// <summary>A field that is a whole number of 32 bits, or one of a few words.</summary>
    public void WriteInt32(int field, int value) => WriteNumber(field, Int32, value);

    /// <summary>A field that is a whole number of 64 bits.</summary>
    public void WriteInt64(int field, long value) => WriteNumber(field, Int64, value);

    /// <summary>A field that is a byte.</summary>
    public void WriteByte(int field, byte value)
    {
        WriteHead(field, Byte);
        Bytes.Append(value);
    }

    /// <summary>A field that is yes or no.</summary>
    public void WriteBool(int field, bool value) => WriteHead(field, value ? True : False);

    /// <summary>A field of bytes.</summary>
    public void WriteBinary(int field, ReadOnlySpan<byte> value)
    {
        WriteHead(field, Binary);
        Bytes.AppendVarint((ulong)value.Length);
        Bytes.Append(value);
    }

    /// <summary>A field of text.</summary>
    public void WriteText(int field, string value) => WriteBinary(field, Encoding.UTF8.GetBytes(value));

    /// <summary>A field that is a structure; <see cref="End"/> ends it.</summary>
    public void Begin(int field)
    {
        WriteHead(field, Struct);
        BeginItem();
    }

    /// <summary>A structure that is an item of a list, or stands alone.</summary>
    public void BeginItem()
    {
        _outer.Push(_last);
        _last = 0;
    }

    /// <summary>The structure ends.</summary>
    public void End()
    {
        Bytes.Append(0);
        _last = _outer.Pop();
    }

    /// <summary>A field that is an empty structure: a word of a union.</summary>
    public void WriteEmpty(int field)
    {
        Begin(field);
        End();
    }

    /// <summary>A field that is a list of structures, which follow.</summary>
    public void WriteList(int field, int count) => WriteListHead(field, count, Struct);

    /// <summary>A field that is a list of numbers.</summary>
    public void WriteInt32s(int field, params ReadOnlySpan<int> values)
    {
        WriteListHead(field, values.Length, Int32);
        foreach (int value in values)
            Bytes.AppendZigZag(value);
    }

    /// <summary>A field that is a list of texts.</summary>
    public void WriteTexts(int field, IReadOnlyCollection<string> values)
    {
        WriteListHead(field, values.Count, Binary);
        foreach (byte[] text in values.Select(Encoding.UTF8.GetBytes))
        {
            Bytes.AppendVarint((ulong)text.Length);
            Bytes.Append(text);
        }
    }

    private void WriteListHead(int field, int count, int type)
    {
        WriteHead(field, List);
        Bytes.Append((byte)(Math.Min(count, ShortList) << 4 | type));
        if (count >= ShortList)
            Bytes.AppendVarint((ulong)count);
    }

    private void WriteNumber(int field, int type, long value)
    {
        WriteHead(field, type);
        Bytes.AppendZigZag(value);
    }

    private void WriteHead(int field, int type)
    {
        int step = field - _last;
        if (step is > 0 and <= ShortStep)
        {
            Bytes.Append((byte)(step << 4 | type));
        }
        else
        {
            Bytes.Append((byte)type);
            Bytes.AppendZigZag(field);
        }
        _last = field;
    }
}
