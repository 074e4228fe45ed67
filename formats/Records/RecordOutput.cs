using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>Writes records to a stream. Each record and its block header go out in one write.</summary>
public sealed class RecordOutput
{
    private readonly Stream _to;
    private byte[] _out = new byte[64 * 1024];

    /// <summary>Begins a trace: writes its start frame.</summary>
    /// <param name="to">The stream, which the caller disposes of.</param>
    /// <param name="header">The header, for the start frame.</param>
    public RecordOutput(Stream to, TraceHeader header)
    {
        _to = to;
        Span<byte> start = stackalloc byte[FileStart.FrameBytes];
        FileStart.Write(start, header);
        _to.Write(start);
        BytesWritten = start.Length;
    }

    /// <summary>Continues a trace.</summary>
    /// <param name="to">The stream, which the caller disposes of.</param>
    /// <param name="sequence">The number of the next record.</param>
    public RecordOutput(Stream to, uint sequence)
    {
        _to = to;
        Sequence = sequence;
    }

    /// <summary>The number of the next record.</summary>
    public uint Sequence { get; private set; }

    /// <summary>Bytes written by this object.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Events that were lost up to here, for the block headers.</summary>
    public long Lost { get; set; }

    /// <summary>Copies a record as it lies in another trace.</summary>
    /// <param name="frame">All of its LZ4 frame.</param>
    /// <param name="header">Its block header there; sequence and losses become those of this trace.</param>
    internal void Copy(ReadOnlySpan<byte> frame, BlockHeader header)
    {
        int head = header.FrameLength;
        if (_out.Length < head + frame.Length)
            _out = new byte[head + frame.Length];
        (header with { FrameBytes = frame.Length, Sequence = Sequence++, LossesSoFar = Lost }).Write(_out);
        frame.CopyTo(_out.AsSpan(head));
        _to.Write(_out.AsSpan(0, head + frame.Length));
        _to.Flush();
        BytesWritten += head + frame.Length;
    }

    /// <summary>Writes a record.</summary>
    /// <param name="raw">The record as MessagePack.</param>
    /// <param name="header">Its block header; lengths, number and losses are filled in here.</param>
    /// <param name="store">Whether not to compress it. A rewriter keeps a stored record stored, because the limits depend on the
    /// size in the file.</param>
    /// <param name="leastFrame">The bytes that the frame must have for what is in it: the limits depend on the bytes in the file.</param>
    public void Write(ReadOnlySpan<byte> raw, BlockHeader header, bool store = false, long leastFrame = 0)
    {
        int head = header.FrameLength;
        int room = head + Lz4Frame.MaxBytes(raw.Length);
        if (_out.Length < room)
            _out = new byte[room];
        int frame = Lz4Frame.Write(raw, _out.AsSpan(head), store);
        if (header.Rows > (long)frame * TraceLimits.RowsPerByte || frame < leastFrame)
            frame = Lz4Frame.Write(raw, _out.AsSpan(head), store: true);
        (header with { FrameBytes = frame, RawBytes = raw.Length, Sequence = Sequence++, LossesSoFar = Lost }).Write(_out);
        _to.Write(_out.AsSpan(0, head + frame));
        _to.Flush();
        BytesWritten += head + frame;
    }
}
