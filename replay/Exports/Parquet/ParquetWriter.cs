using TcpTracer.Formats.Text;
using ZstdSharp;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>
/// Writes one Parquet file, group of rows by group of rows, from its beginning to its end. Each column of a group has one page of data, and
/// where its values repeat, a dictionary before it. The specification: https://parquet.apache.org/docs/file-format/.
/// </summary>
internal sealed class ParquetWriter
{
    private const int Zstd = 6, Level = 1;
    private readonly Stream _to;
    private readonly IReadOnlyList<Field> _fields;
    private readonly string _tool;
    private readonly ThriftWriter _groups = new(), _header = new();
    private long _offset;
    private int _groupCount;
    private long _rows;

    /// <param name="to">Where to; not closed.</param>
    /// <param name="fields">The columns.</param>
    /// <param name="tool">The program and its version.</param>
    public ParquetWriter(Stream to, IReadOnlyList<Field> fields, string tool)
    {
        _to = to;
        _fields = fields;
        _tool = tool;
        Write("PAR1"u8);
    }

    /// <summary>Writes a group of rows.</summary>
    public void WriteGroup(EventTable table, PageBuffers buffers)
    {
        if (table.Rows == 0)
            return;
        long start = _offset, unpacked = 0;
        _groups.BeginItem();
        _groups.WriteList(1, table.Columns.Count);
        foreach (ParquetColumn column in table.Columns)
            unpacked += WriteColumn(column, buffers);
        _groups.WriteInt64(2, unpacked);
        _groups.WriteInt64(3, table.Rows);
        _groups.WriteInt64(5, start);
        _groups.WriteInt64(6, _offset - start);
        _groups.End();
        _groupCount++;
        _rows += table.Rows;
    }

    /// <summary>Writes the footer: then it is a whole file.</summary>
    public void Finish()
    {
        var footer = new ThriftWriter();
        footer.BeginItem();
        footer.WriteInt32(1, 2);
        ParquetSchema.Write(footer, 2, _fields);
        footer.WriteInt64(3, _rows);
        footer.WriteList(4, _groupCount);
        footer.Bytes.Append(_groups.Bytes.Written);
        footer.WriteText(6, _tool);
        int leaves = ParquetSchema.LeavesOf(_fields);
        footer.WriteList(7, leaves);
        for (int i = 0; i < leaves; i++)
        {
            footer.BeginItem();
            footer.WriteEmpty(1); // least and greatest in the order of the type
            footer.End();
        }
        footer.End();
        int length = footer.Bytes.Length;
        footer.Bytes.AppendUInt32((uint)length);
        footer.Bytes.Append("PAR1"u8);
        Write(footer.Bytes.Written);
    }

    /// <returns>Bytes before compression.</returns>
    private long WriteColumn(ParquetColumn column, PageBuffers buffers)
    {
        long start = _offset, unpacked = 0;
        buffers.Page.Clear();
        int entries = column.WriteDictionary(buffers.Page, buffers.Scratch);
        if (entries > 0)
            unpacked += WritePage(PageKind.Dictionary, PageEncoding.Plain, entries, buffers);
        long data = _offset;
        buffers.Page.Clear();
        // The scratch holds the dictionary's numbers until they are written, so the levels come first into a page of their own
        PageEncoding encoding = column.WriteValues(buffers.Values, buffers.Scratch);
        buffers.Least.Clear();
        buffers.Greatest.Clear();
        bool hasBounds = column.TryWriteBounds(buffers.Least, buffers.Greatest, buffers.Scratch);
        column.WriteLevels(buffers.Page, buffers.Scratch);
        buffers.Page.Append(buffers.Values.Written);
        buffers.Values.Clear();
        unpacked += WritePage(PageKind.Data, encoding, column.Rows, buffers);
        WriteChunk(column, encoding, new ChunkPlace(start, data, entries > 0), unpacked, hasBounds ? buffers : null);
        return unpacked;
    }

    private long WritePage(PageKind kind, PageEncoding encoding, int values, PageBuffers buffers)
    {
        ReadOnlySpan<byte> packed = buffers.Pack(Level);
        _header.Bytes.Clear();
        _header.BeginItem();
        _header.WriteInt32(1, (int)kind);
        _header.WriteInt32(2, buffers.Page.Length);
        _header.WriteInt32(3, packed.Length);
        _header.Begin(kind == PageKind.Data ? 5 : 7);
        _header.WriteInt32(1, values);
        _header.WriteInt32(2, (int)encoding);
        if (kind == PageKind.Data)
        {
            _header.WriteInt32(3, (int)PageEncoding.Rle);
            _header.WriteInt32(4, (int)PageEncoding.Rle);
        }
        _header.End();
        _header.End();
        Write(_header.Bytes.Written);
        Write(packed);
        return _header.Bytes.Length + buffers.Page.Length;
    }

    private readonly record struct ChunkPlace(long Start, long Data, bool HasDictionary);

    private void WriteChunk(ParquetColumn column, PageEncoding encoding, ChunkPlace at, long unpacked, PageBuffers? bounds)
    {
        _groups.BeginItem();
        _groups.WriteInt64(2, 0);
        _groups.Begin(3);
        _groups.WriteInt32(1, (int)column.Place.Physical);
        if (at.HasDictionary)
            _groups.WriteInt32s(2, (int)PageEncoding.Plain, (int)PageEncoding.Rle, (int)encoding);
        else
            _groups.WriteInt32s(2, (int)PageEncoding.Rle, (int)encoding);
        _groups.WriteTexts(3, column.Place.Path);
        _groups.WriteInt32(4, Zstd);
        _groups.WriteInt64(5, column.Rows);
        _groups.WriteInt64(6, unpacked);
        _groups.WriteInt64(7, _offset - at.Start);
        _groups.WriteInt64(9, at.Data);
        if (at.HasDictionary)
            _groups.WriteInt64(11, at.Start);
        _groups.Begin(12);
        _groups.WriteInt64(3, column.Rows - column.Values);
        if (bounds is not null)
        {
            _groups.WriteBinary(5, bounds.Greatest.Written);
            _groups.WriteBinary(6, bounds.Least.Written);
        }
        _groups.End();
        _groups.End();
        _groups.End();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _to.Write(bytes);
        _offset += bytes.Length;
    }
}

/// <summary>What a thread needs to write pages, and uses again for the next.</summary>
internal sealed class PageBuffers : IDisposable
{
    private Compressor? _compressor;
    private byte[] _packed = [];

    public ByteBuffer Page { get; } = new();

    public ByteBuffer Values { get; } = new();

    public ByteBuffer Least { get; } = new();

    public ByteBuffer Greatest { get; } = new();

    public ColumnScratch Scratch { get; } = new();

    /// <summary>Compresses the page.</summary>
    public ReadOnlySpan<byte> Pack(int level)
    {
        _compressor ??= new Compressor(level);
        int bound = Compressor.GetCompressBound(Page.Length);
        if (_packed.Length < bound)
            _packed = new byte[bound];
        return _packed.AsSpan(0, _compressor.Wrap(Page.Written, _packed));
    }

    public void Dispose() => _compressor?.Dispose();
}
