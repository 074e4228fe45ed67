namespace TcpTracer.Replay.Files;

/// <summary>
/// Gives the last bytes of a stream in a read of their own. A packer ends its data with a checksum. Where that does not fit, the unpacker
/// throws, and whatever it unpacked in the same call is lost. This way it has given everything before it sees the checksum.
/// </summary>
/// <param name="from">What is read. It belongs to the caller.</param>
/// <param name="tailBytes">How long the checksum is, with what goes with it.</param>
internal sealed class TailApart(Stream from, int tailBytes) : ForwardStream
{
    private readonly byte[] _kept = new byte[tailBytes];
    private int _keptBytes;

    /// <inheritdoc/>
    public override Stream Source => from;

    /// <summary>Whether a reader was told that there are no more bytes.</summary>
    public bool IsAtEnd { get; private set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length <= tailBytes)
            throw new ArgumentException("an unpacker reads more at once", nameof(buffer));
        int count = _keptBytes;
        _kept.AsSpan(0, count).CopyTo(buffer);
        _keptBytes = 0;
        while (count <= tailBytes)
        {
            int read = from.Read(buffer[count..]);
            if (read == 0)
            {
                IsAtEnd |= count == 0;
                return count;
            }
            count += read;
        }
        _keptBytes = tailBytes;
        buffer[(count - tailBytes)..count].CopyTo(_kept);
        return count - tailBytes;
    }
}
