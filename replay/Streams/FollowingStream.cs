namespace TcpTracer.Replay.Streams;

/// <summary>A file that is still being written: at its end it waits for more, until told that there will be none.</summary>
public sealed class FollowingStream(Stream file, Func<bool> isOver) : ForwardStream
{
    private const int PauseMilliseconds = 50;

    /// <inheritdoc/>
    public override Stream Source => file is ForwardStream forward ? forward.Source : file;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            bool last = isOver();
            int read = file.Read(buffer);
            if (read > 0 || last)
                return read;
            Thread.Sleep(PauseMilliseconds);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }
}
