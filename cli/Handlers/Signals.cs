using System.Runtime.InteropServices;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP end the run in order; a second SIGINT aborts it. SIGUSR1 asks how it goes, SIGUSR2 for a new file; neither ever ends it, not even
/// while it begins (Native/start.c) or ends.
/// </summary>
internal sealed class Signals : IDisposable
{
    // The same numbers on x86-64 and arm64
    private const int SigInt = 2, SigUsr1 = 10, SigUsr2 = 12;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private static readonly List<PosixSignalRegistration> s_always = [];
    private static volatile bool s_isUp, s_requestedEarly;
    private int _interrupts;

    /// <param name="stop">Called on the signal's own thread.</param>
    /// <param name="report">Likewise; prints the counters.</param>
    /// <param name="request">Likewise; null: SIGUSR2 is told that there is nothing to begin.</param>
    public Signals(Action<PosixSignal> stop, Action report, Action? request = null)
    {
        foreach (PosixSignal ending in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
            Register(ending, context => End(context, stop));
        Register((PosixSignal)SigUsr1, _ => report());
        Register((PosixSignal)SigUsr2, _ => (request ?? SayNothingToBegin)());
        s_isUp = true;
        if (s_requestedEarly && request is not null)
            request();
    }

    /// <summary>
    /// A shell script starts its background jobs with SIGINT ignored, and then ends them with kill -INT: as tcpdump does, listen to it. Before anything is
    /// written to the console: with its first word the runtime takes the signal over, and would not notice that it is taken away again.
    /// </summary>
    public static void HearInterrupts()
    {
        LibC.signal(SigInt, LibC.DefaultAction);
        foreach (int number in new[] { SigUsr1, SigUsr2 })
        {
            s_always.Add(PosixSignalRegistration.Create((PosixSignal)number, context =>
            {
                context.Cancel = true;
                s_requestedEarly |= number == SigUsr2 && !s_isUp; // whoever hears it later does it then
            }));
        }
    }

    private static void SayNothingToBegin() =>
        Messages.Say("SIGUSR2 has nothing to begin here: it begins a new file of `record --rotate-size` or `--rotate-every`, and writes out the memory of `--ring`");

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

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
