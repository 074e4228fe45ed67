namespace TcpTracer.Replay.Streams;

/// <summary>What a trace was packed with, as a whole, after it was written.</summary>
public enum Packing
{
    /// <summary>Not at all, as far as its first bytes tell.</summary>
    None,

    /// <summary>gzip: opened here.</summary>
    Gzip,

    /// <summary>Zstandard: opened here.</summary>
    Zstd,

    /// <summary>xz: not opened here.</summary>
    Xz,

    /// <summary>bzip2: not opened here.</summary>
    Bzip2,

    /// <summary>The frame of the lz4 program, around the frames of a trace: not opened here.</summary>
    Lz4,
}

/// <summary>Why unpacking came to an end too early.</summary>
public enum PackingFault
{
    /// <summary>It did not.</summary>
    None,

    /// <summary>The packed data end in the middle.</summary>
    Cut,

    /// <summary>The packed data are not what the program wrote.</summary>
    Damaged,

    /// <summary>It unpacks to more than any trace would.</summary>
    TooLarge,

    /// <summary>To unpack it takes more memory than is given for that.</summary>
    TooMuchMemory,
}
