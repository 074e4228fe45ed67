namespace TcpTracer.Formats.TraceFile;

/// <summary>A trace file under construction: unbuffered, for its owner only, and every failure of a write an <see cref="IOException"/>.</summary>
public sealed class TraceOutput : FileStream
{
    /// <summary>EFBIG.</summary>
    public const int ErrnoTooLarge = 27;

    // A trace tells who talks to whom
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly FileStreamOptions s_options = new()
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        Share = FileShare.Read,
        BufferSize = 0,
        UnixCreateMode = OnlyOwner,
    };

    /// <param name="path">Created, or emptied; a file that was there before is made its owner's alone, too.</param>
    public TraceOutput(string path) : base(path, s_options)
    {
        if (!CanSeek || File.GetUnixFileMode(SafeFileHandle) == OnlyOwner)
            return;
        try
        {
            File.SetUnixFileMode(SafeFileHandle, OnlyOwner);
        }
        catch (UnauthorizedAccessException)
        {
            // another's file that we may write: who may read it is theirs to say
        }
    }

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
