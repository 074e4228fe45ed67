using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Standard output by plain write(2). The console's own stream hides that nobody reads any more; a FileStream keeps an offset of its own,
/// which scrambles a file that others append to.
/// </summary>
internal sealed class StandardOutput : Stream
{
    public const int Descriptor = 1;

    private const int ErrnoInterrupted = 4, ErrnoAgain = 11, ErrnoBrokenPipe = 32;
    private const short PollWritable = 4, PollError = 8;

    /// <summary>Whether a write failed: what fails then is not the trace file.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Whether whoever read it has gone, which is no failure.</summary>
    public static bool IsBrokenPipe(IOException e) => e.HResult == ErrnoBrokenPipe;

    /// <exception cref="IOException">It is a pipe, and its reader has gone.</exception>
    public void ThrowIfNobodyReads()
    {
        if (Poll(0, 0) is var events && (events & PollError) != 0)
            throw Failure(ErrnoBrokenPipe);
    }

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
            else if (Marshal.GetLastPInvokeError() is var error && error == ErrnoAgain)
                Poll(PollWritable, -1); // a shared terminal or pipe that someone else made non-blocking
            else if (error != ErrnoInterrupted)
                throw Failure(error);
        }
    }

    private IOException Failure(int error)
    {
        HasFailed = true;
        return new IOException($"standard output: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    private static short Poll(short wanted, int milliseconds)
    {
        var status = new PollStatus { Descriptor = Descriptor, Wanted = wanted };
        return poll(ref status, 1, milliseconds) > 0 ? status.Found : (short)0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollStatus
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int poll(ref PollStatus status, nint count, int milliseconds);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(int descriptor, in byte buffer, nint count);
}
