using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// While it lasts, SIGUSR1 and SIGUSR2 go to other threads than this: the kernel gives up checking a program that it loads when a signal comes.
/// </summary>
internal sealed unsafe class RequestsHeld : IDisposable
{
    private const int SigUsr1 = 10, SigUsr2 = 12, Block = 0, Set = 2, Words = 16;
    private readonly ulong[] _before = new ulong[Words];

    public RequestsHeld()
    {
        ulong* held = stackalloc ulong[Words];
        new Span<ulong>(held, Words).Clear();
        held[0] = 1ul << (SigUsr1 - 1) | 1ul << (SigUsr2 - 1);
        fixed (ulong* before = _before)
            _ = LibC.pthread_sigmask(Block, held, before);
    }

    public void Dispose()
    {
        fixed (ulong* before = _before)
            _ = LibC.pthread_sigmask(Set, before, null);
    }
}
