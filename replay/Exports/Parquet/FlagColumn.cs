namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>A column of what is true, or absent.</summary>
internal sealed class FlagColumn(ColumnPlace place) : ParquetColumn(place)
{
    private int _values;

    public override int Values => _values;

    /// <summary>A row in which it is true.</summary>
    public void Add()
    {
        AddLevel();
        _values++;
    }

    public override int WriteDictionary(ByteBuffer to, ColumnScratch scratch) => 0;

    public override PageEncoding WriteValues(ByteBuffer to, ColumnScratch scratch)
    {
        const int bits = 8;
        int bytes = (_values + bits - 1) / bits;
        to.Room(bytes)[..bytes].Fill(byte.MaxValue);
        to.Advance(bytes);
        return PageEncoding.Plain;
    }

    public override void Clear()
    {
        base.Clear();
        _values = 0;
    }
}
