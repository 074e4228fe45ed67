namespace TcpTracer.Replay.Streams;

/// <summary>A stream of which the first bytes were read already: it gives them once more, and counts what it gives.</summary>
internal sealed class BegunStream(ReadOnlyMemory<byte> start, Stream rest) : ForwardStream
{
    private ReadOnlyMemory<byte> _start = start;

    /// <inheritdoc/>
    public override Stream Source => rest;

    /// <summary>Bytes so far.</summary>
    public long Given { get; private set; }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int count = Math.Min(_start.Length, buffer.Length);
        if (count > 0)
        {
            _start.Span[..count].CopyTo(buffer);
            _start = _start[count..];
        }
        else
            count = rest.Read(buffer);
        Given += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        rest.Dispose();
        base.Dispose(disposing);
    }
}
