namespace TcpTracer.Replay.Streams;

/// <summary>
/// Gives the last bytes of a stream in a read of their own. A packer ends its data with a checksum. Where that does not fit, the unpacker
/// throws, and whatever it unpacked in the same call is lost. This way it has given everything before it sees the checksum.
/// </summary>
/// <param name="from">What is read. It belongs to the caller.</param>
internal sealed class TailApart(Stream from) : ForwardStream
{
    /// <summary>The checksum of zstd.</summary>
    private const int TailBytes = 4;

    private readonly byte[] _kept = new byte[TailBytes];
    private int _keptBytes;

    /// <inheritdoc/>
    public override Stream Source => from;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length <= TailBytes)
            throw new ArgumentException("an unpacker reads more at once", nameof(buffer));
        int count = _keptBytes;
        _kept.AsSpan(0, count).CopyTo(buffer);
        _keptBytes = 0;
        while (count <= TailBytes)
        {
            int read = from.Read(buffer[count..]);
            if (read == 0)
                return count;
            count += read;
        }
        _keptBytes = TailBytes;
        buffer[(count - TailBytes)..count].CopyTo(_kept);
        return count - TailBytes;
    }
}
