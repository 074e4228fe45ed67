using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// Standard input, output and error by plain system calls. The console's own streams hide that nobody reads any more, and need another descriptor
/// each: where none is left, not even that could be said.
/// </summary>
internal static class StandardDescriptor
{
    public const int Input = 0, Output = 1, Error = 2;
    public const short Writable = 4, Failed = 8;
    private const int ErrnoInterrupted = 4, ErrnoAgain = 11;
    private const short Closed = 32;

    /// <summary>Whether whoever started us had closed it: Native/start.c has put something in its place that can be neither read nor written.</summary>
    public static bool IsClosed(int descriptor) => (Poll(descriptor, 0, 0) & Closed) != 0;

    /// <summary>Writes all.</summary>
    /// <returns>0, or the system's number for the reason why not.</returns>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written = LibC.write(descriptor, in MemoryMarshal.GetReference(bytes), bytes.Length);
            if (written >= 0)
                bytes = bytes[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var error && error == ErrnoAgain)
                Poll(descriptor, Writable, -1); // a shared terminal or pipe that someone else made non-blocking
            else if (error != ErrnoInterrupted)
                return error;
        }
        return 0;
    }

    /// <summary>What it is ready for.</summary>
    public static short Poll(int descriptor, short wanted, int milliseconds)
    {
        var status = new LibC.PollStatus { Descriptor = descriptor, Wanted = wanted };
        return LibC.poll(ref status, 1, milliseconds) > 0 ? status.Found : (short)0;
    }
}
