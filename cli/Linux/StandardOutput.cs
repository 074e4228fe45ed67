using System.Runtime.InteropServices;
using System.Text;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// Standard output, by plain write(2). The stream of .NET's console hides that the reader has gone. A FileStream keeps an offset of its
/// own, which scrambles a file that others append to.
/// </summary>
internal sealed class StandardOutput : Stream
{
    private const int ErrnoClosed = 9, ErrnoBrokenPipe = 32;

    /// <summary>Whether a write to standard output has failed. It tells such a failure from one of the trace file.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Whether the reader has gone, which is no failure.</summary>
    public static bool IsBrokenPipe(IOException e) => e.HResult == ErrnoBrokenPipe;

    /// <summary>Makes Console.Out write here, too, so that it fails with the same exception.</summary>
    public static void TakeConsole()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        Console.SetOut(new StreamWriter(new StandardOutput(), utf8) { AutoFlush = true });
    }

    /// <summary>Call it before work whose results would go nowhere.</summary>
    /// <exception cref="StandardOutputException">It was closed when we were started.</exception>
    public static void RequireOpen()
    {
        if (StandardDescriptor.IsClosed(StandardDescriptor.Output))
            throw new StandardOutputException(ErrnoClosed);
    }

    /// <summary>Checks whether somebody still reads.</summary>
    /// <exception cref="StandardOutputException">It is a pipe, and its reader has gone.</exception>
    public void ThrowIfNobodyReads()
    {
        if (IsAbandoned)
            throw Failure(ErrnoBrokenPipe);
    }

    /// <summary>Whether it is a pipe whose reader has gone.</summary>
    public static bool IsAbandoned => (StandardDescriptor.Poll(StandardDescriptor.Output, 0, 0) & StandardDescriptor.Failed) != 0;

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
        // every write is passed on at once
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (StandardDescriptor.Write(StandardDescriptor.Output, buffer) is not 0 and var error)
            throw Failure(error);
    }

    private StandardOutputException Failure(int error)
    {
        HasFailed = true;
        return new StandardOutputException(error);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>Standard output cannot be written.</summary>
/// <param name="error">errno.</param>
internal sealed class StandardOutputException(int error) : IOException(Marshal.GetPInvokeErrorMessage(error), error);
