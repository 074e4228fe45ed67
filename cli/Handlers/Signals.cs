using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Handlers;

/// <summary>SIGINT, SIGTERM and SIGHUP end the run in order; a second SIGINT aborts it. SIGUSR1 asks how it goes, SIGUSR2 for a new file.</summary>
internal sealed class Signals : IDisposable
{
    // The same numbers on x86-64 and arm64
    private const int SigInt = 2, SigUsr1 = 10, SigUsr2 = 12, SigXfsz = 25;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _interrupts;

    /// <param name="stop">Called on the signal's own thread.</param>
    /// <param name="report">Likewise; prints the counters.</param>
    /// <param name="request">Likewise; null: SIGUSR2 does what it always does.</param>
    public Signals(Action<PosixSignal> stop, Action report, Action? request = null)
    {
        foreach (PosixSignal ending in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
            Register(ending, context => End(context, stop));
        Register((PosixSignal)SigUsr1, _ => report());
        if (request is not null)
            Register((PosixSignal)SigUsr2, _ => request());
        // Beyond `ulimit -f` the write fails then, and the failure has a sentence. A registration would come too late: its thread may find us
        // gone, and then the signal kills after all
        signal(SigXfsz, Ignore);
    }

    /// <summary>
    /// A shell script starts its background jobs with SIGINT ignored, and then ends them with kill -INT: as tcpdump does, listen to it. Before anything is
    /// written to the console: with its first word the runtime takes the signal over, and would not notice that it is taken away again.
    /// </summary>
    public static void HearInterrupts() => signal(SigInt, DefaultAction);

    private void End(PosixSignalContext context, Action<PosixSignal> stop)
    {
        // Not cancelled the second time: then the signal does what it always does
        context.Cancel = context.Signal != PosixSignal.SIGINT || Interlocked.Increment(ref _interrupts) == 1;
        if (context.Cancel)
            stop(context.Signal);
    }

    private void Register(PosixSignal number, Action<PosixSignalContext> handle) => _registrations.Add(PosixSignalRegistration.Create(number, context =>
    {
        context.Cancel = true;
        handle(context);
    }));

    private const nint DefaultAction = 0, Ignore = 1;

    [DllImport("libc")]
    private static extern nint signal(int number, nint action);

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
