namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>How values are stored. The numbers are Parquet's.</summary>
internal enum PhysicalType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    ByteArray = 6,
}

/// <summary>How a page writes its values. The numbers are Parquet's.</summary>
internal enum PageEncoding
{
    Plain = 0,
    Rle = 3,
    DeltaBinaryPacked = 5,
    RleDictionary = 8,
}

/// <summary>What a page is. The numbers are Parquet's.</summary>
internal enum PageKind
{
    Data = 0,
    Dictionary = 2,
}
