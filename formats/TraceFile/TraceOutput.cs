namespace TcpTracer.Formats.TraceFile;

/// <summary>A trace file under construction: unbuffered, for its owner only, and every failure of a write an <see cref="IOException"/>.</summary>
/// <param name="path">Created, or emptied.</param>
public sealed class TraceOutput(string path) : FileStream(path, s_options)
{
    /// <summary>EFBIG.</summary>
    public const int ErrnoTooLarge = 27;

    // A trace tells who talks to whom
    private static readonly FileStreamOptions s_options = new()
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        Share = FileShare.Read,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            base.Write(buffer);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new IOException(e.Message, ErrnoTooLarge); // what .NET makes of EFBIG
        }
    }

    /// <summary>Takes back what a failed write left behind the last whole block.</summary>
    public void CutTo(long length)
    {
        if (CanSeek)
            SetLength(length);
    }
}
