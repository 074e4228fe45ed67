using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Standard output by plain write(2). The console's own stream hides that nobody reads any more; a FileStream keeps an offset of its own,
/// which scrambles a file that others append to.
/// </summary>
internal sealed class StandardOutput : Stream
{
    private const int Descriptor = 1, ErrnoInterrupted = 4;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
        // nothing is held back
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = write(Descriptor, in MemoryMarshal.GetReference(buffer), buffer.Length);
            if (written >= 0)
                buffer = buffer[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var error && error != ErrnoInterrupted)
                throw new IOException($"standard output: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(int descriptor, in byte buffer, nint count);
}
