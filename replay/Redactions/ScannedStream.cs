using TcpTracer.Replay.Streams;

namespace TcpTracer.Replay.Redactions;

/// <summary>
/// A stream whose bytes somebody else looks at, too, as they are read: in pieces, each with the end of the one before it.
/// </summary>
internal sealed class ScannedStream(Stream from, ScannedStream.Look look) : ForwardStream
{
    private const int Overlap = 256;
    private byte[] _piece = new byte[Overlap];
    private int _kept;

    /// <summary>Looks at some bytes.</summary>
    public delegate void Look(ReadOnlySpan<byte> bytes);

    /// <inheritdoc/>
    public override Stream Source => from;

    /// <inheritdoc/>
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
}
