using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>Frames records and puts each, with its header, into the stream by one write.</summary>
public sealed class RecordOutput
{
    private readonly Stream _to;
    private byte[] _out = new byte[64 * 1024];

    /// <summary>Begins a trace.</summary>
    /// <param name="to">Not closed.</param>
    /// <param name="header">What the start frame tells.</param>
    public RecordOutput(Stream to, TraceHeader header)
    {
        _to = to;
        Span<byte> start = stackalloc byte[FileStart.FrameBytes];
        FileStart.Write(start, header);
        _to.Write(start);
        BytesWritten = start.Length;
    }

    /// <summary>Goes on with a trace that was begun elsewhere.</summary>
    /// <param name="to">Not closed.</param>
    /// <param name="sequence">Number of the next record.</param>
    public RecordOutput(Stream to, uint sequence)
    {
        _to = to;
        Sequence = sequence;
    }

    /// <summary>Number of the next record.</summary>
    public uint Sequence { get; private set; }

    /// <summary>Bytes so far.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Events lost so far, for the block headers.</summary>
    public long Lost { get; set; }

    /// <summary>Writes a record.</summary>
    /// <param name="raw">Its MessagePack.</param>
    /// <param name="header">What is known of it; lengths and sequence are filled in here.</param>
    /// <param name="store">Not compressed: what it may hold depends on its size in the file, and it was stored.</param>
    /// <param name="parts">Entries, claims and labels of metadata.</param>
    public void Write(ReadOnlySpan<byte> raw, BlockHeader header, bool store = false, int parts = 0)
    {
        int head = header.FrameLength;
        int room = head + Lz4Frame.MaxBytes(raw.Length);
        if (_out.Length < room)
            _out = new byte[room];
        int frame = Lz4Frame.Write(raw, _out.AsSpan(head), store);
        // A reader would not believe that there is so much in so few bytes
        if (header.Rows > (long)frame * TraceLimits.RowsPerByte || parts > TraceLimits.MetadataPartsOfRecord + (long)frame * TraceLimits.MetadataPartsPerByte)
            frame = Lz4Frame.Write(raw, _out.AsSpan(head), store: true);
        (header with { FrameBytes = frame, RawBytes = raw.Length, Sequence = Sequence++, LossesSoFar = Lost }).Write(_out);
        _to.Write(_out.AsSpan(0, head + frame));
        _to.Flush();
        BytesWritten += head + frame;
    }
}
