using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// Standard input, output and error, by plain system calls. The streams of .NET's console hide EPIPE. They also need a
/// descriptor of their own: if none is left, not even that could be reported.
/// </summary>
internal static class StandardDescriptor
{
    public const int Input = 0, Output = 1, Error = 2;
    public const short Writable = 4, Failed = 8;
    private const int ErrnoInterrupted = 4, ErrnoAgain = 11;
    private const short Closed = 32, HungUp = 16;

    /// <summary>
    /// Whether it was closed when we were started. Startup/start.c puts a placeholder there, which can be neither read nor written.
    /// </summary>
    public static bool IsClosed(int descriptor) => (Poll(descriptor, 0, 0) & Closed) != 0;

    /// <summary>Whether the terminal at the other side is gone, as when its window is closed.</summary>
    public static bool IsHungUp(int descriptor) => (Poll(descriptor, 0, 0) & (HungUp | Failed)) != 0;

    /// <summary>Writes all bytes.</summary>
    /// <returns>0, or errno.</returns>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written = LibC.write(descriptor, in MemoryMarshal.GetReference(bytes), bytes.Length);
            if (written >= 0)
                bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var error && error == ErrnoAgain)
                Poll(descriptor, Writable, -1); // another process made the shared terminal or pipe non-blocking
            else if (error != ErrnoInterrupted)
                return error;
        }
        return 0;
    }

    /// <summary>What the descriptor is ready for: revents of poll().</summary>
    public static short Poll(int descriptor, short wanted, int milliseconds)
    {
        var status = new LibC.PollStatus { Descriptor = descriptor, Wanted = wanted };
        return LibC.poll(ref status, 1, milliseconds) > 0 ? status.Found : (short)0;
    }
}
