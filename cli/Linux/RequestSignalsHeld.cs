namespace TcpTracer.Cli.Linux;

/// <summary>
/// While this object lives, SIGUSR1 and SIGUSR2 go to other threads than this one. When a signal comes to a thread that loads a BPF
/// program, the kernel stops verifying the program.
/// </summary>
internal sealed unsafe class RequestSignalsHeld : IDisposable
{
    private const int SigUsr1 = 10, SigUsr2 = 12, Block = 0, Set = 2, Words = 16;
    private readonly ulong[] _before = new ulong[Words];

    public RequestSignalsHeld()
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
