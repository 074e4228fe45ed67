namespace TcpTracer.Formats.Values;

/// <summary>The limits that a reader checks before it allocates memory. A writer stays well below them.</summary>
public static class TraceLimits
{
    /// <summary>Bytes of one record after decompression.</summary>
    public const int RawBytes = 4 << 20;

    /// <summary>
    /// One record may unpack to this many bytes, plus this many for each byte of its frame. Records of a recorder unpack to ten
    /// times their size at most.
    /// </summary>
    public const int RawFreeBytes = 4 << 10, RawPerByte = 32;

    /// <summary>Bytes of one skippable frame of ours.</summary>
    public const int SkippableBytes = 1 << 20;

    /// <summary>Events in one block.</summary>
    public const int Rows = 65_536;

    /// <summary>
    /// Events in one block, for each byte of its frame. Constant columns take no bytes, so a small frame could claim any number of rows. A
    /// real event takes ten bytes or more; our writer pads a block whose events are all alike.
    /// </summary>
    public const int RowsPerByte = 1;

    /// <summary>Entries in one dictionary of a block.</summary>
    public const int DictionaryEntries = 16_384;

    /// <summary>Addresses in one block: each row has two.</summary>
    public const int Addresses = 2 * DictionaryEntries;

    /// <summary>Traces that one was merged of.</summary>
    public const int Sources = 4096;

    /// <summary>
    /// A source of a merged trace, and a node that gave nothing, for this many bytes of the header's frame, beside as many bytes that are
    /// free. An empty one would be one byte in the file, and cost hundreds in memory.
    /// </summary>
    public const int BytesOfSource = 16, BytesOfAbsent = 1, HeaderFreeBytes = 256;

    /// <summary>So much is read of the name of a node that gave nothing. Names of Kubernetes are shorter.</summary>
    public const int NodeChars = 256;

    /// <summary>Copies that a header lists.</summary>
    public const int Copies = 256;

    /// <summary>Entries of one kind in one metadata record.</summary>
    public const int MetadataEntries = 65_536;

    /// <summary>Bytes of all metadata records since the last checkpoint, after decompression.</summary>
    public const int MetadataBytes = 20 << 20;

    /// <summary>
    /// Entries, claims and labels of all metadata records since the last checkpoint. They are counted because small ones take more memory
    /// than bytes in the file.
    /// </summary>
    public const int MetadataParts = 192 << 10;

    /// <summary>One claim counts as two of <see cref="MetadataParts"/>, because it is also in the index of addresses.</summary>
    public const int PartsOfClaim = 2;

    /// <summary>Entries, claims and labels of one metadata record: this many, plus this many for each byte of its frame.</summary>
    public const int MetadataPartsOfRecord = 64, MetadataPartsPerByte = 2;

    /// <summary>Bytes of one string or byte string, except columns.</summary>
    public const int StringBytes = 64 * 1024;

    /// <summary>
    /// Bytes of all labels of a pod, in UTF-8. They are bounded together because each event of the pod may print them. In Kubernetes a
    /// label has 63 bytes at most, and its key 317.
    /// </summary>
    public const int LabelBytes = 256 * 1024;

    /// <summary>Bytes of the name of a command, which each row of a block may print. Linux has at most 16.</summary>
    public const int CommandBytes = 256;

    /// <summary>A zone map has only so many bytes of a longer name.</summary>
    public const int ZoneItemBytes = 256;

    /// <summary>A block of fewer events gets no zone map: reading such a block is cheaper than testing its zone map.</summary>
    public const int ZoneMapRows = 256;

    /// <summary>Levels of nested MessagePack arrays and maps.</summary>
    public const int Depth = 8;

    /// <summary>A writer ends a block that has so many events.</summary>
    public const int WriterRows = 16 * 1024;
}
