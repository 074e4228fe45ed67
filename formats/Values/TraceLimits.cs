namespace TcpTracer.Formats.Values;

/// <summary>What a reader accepts, before it allocates anything. A writer keeps well within.</summary>
public static class TraceLimits
{
    /// <summary>One record, decompressed.</summary>
    public const int RawBytes = 4 << 20;

    /// <summary>
    /// And so many, and some more for each byte that it takes in the file: of what a recorder writes each stands for ten, at most.
    /// </summary>
    public const int RawFreeBytes = 4 << 10, RawPerByte = 32;

    /// <summary>One skippable frame that has a meaning to us.</summary>
    public const int SkippableBytes = 1 << 20;

    /// <summary>Events in one block.</summary>
    public const int Rows = 65_536;

    /// <summary>
    /// And so many for each byte of its frame: columns that are constant take no bytes, however many rows they have. An event takes ten
    /// bytes and more; where many are all the same, this writer pads the block.
    /// </summary>
    public const int RowsPerByte = 1;

    /// <summary>Entries in one dictionary of a block.</summary>
    public const int DictionaryEntries = 16_384;

    /// <summary>Addresses in one block: each row has two.</summary>
    public const int Addresses = 2 * DictionaryEntries;

    /// <summary>Entries of one kind in one metadata record.</summary>
    public const int MetadataEntries = 65_536;

    /// <summary>All metadata records from a checkpoint on, decompressed.</summary>
    public const int MetadataBytes = 20 << 20;

    /// <summary>
    /// Entries, claims and labels of all metadata records from a checkpoint on: small ones cost more memory than their bytes say.
    /// </summary>
    public const int MetadataParts = 192 << 10;

    /// <summary>A claim counts for so many: it is looked up by its address, too.</summary>
    public const int PartsOfClaim = 2;

    /// <summary>Of these in one record: so many, and some more for each byte of its frame.</summary>
    public const int MetadataPartsOfRecord = 64, MetadataPartsPerByte = 2;

    /// <summary>One string or byte string, other than a column.</summary>
    public const int StringBytes = 64 * 1024;

    /// <summary>
    /// All labels of a pod, as UTF-8: each event of the pod may show them. A label of Kubernetes has 63 bytes, its key 317.
    /// </summary>
    public const int LabelBytes = 256 * 1024;

    /// <summary>The name of a command: each of the rows of a block may show it. Linux has 16 bytes for one.</summary>
    public const int CommandBytes = 256;

    /// <summary>Of a longer name, so much goes into a zone map.</summary>
    public const int ZoneItemBytes = 256;

    /// <summary>Blocks of fewer events get no zone map: they are read sooner than asked.</summary>
    public const int ZoneMapRows = 256;

    /// <summary>MessagePack within MessagePack.</summary>
    public const int Depth = 8;

    /// <summary>Events at which a writer ends a block.</summary>
    public const int WriterRows = 16 * 1024;
}
