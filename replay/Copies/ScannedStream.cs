namespace TcpTracer.Replay.Copies;

/// <summary>
/// A stream whose bytes somebody else looks at, too, as they are read: in pieces, each with the end of the one before it.
/// </summary>
internal sealed class ScannedStream(Stream from, ScannedStream.Look look) : Stream
{
    private const int Overlap = 256;
    private byte[] _piece = new byte[Overlap];
    private int _kept;

    /// <summary>Looks at some bytes.</summary>
    public delegate void Look(ReadOnlySpan<byte> bytes);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = from.Read(buffer);
        if (_piece.Length < _kept + read)
            Array.Resize(ref _piece, _kept + read);
        buffer[..read].CopyTo(_piece.AsSpan(_kept));
        int length = _kept + read;
        look(_piece.AsSpan(0, length));
        _kept = Math.Min(Overlap, length);
        _piece.AsSpan(length - _kept, _kept).CopyTo(_piece);
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
