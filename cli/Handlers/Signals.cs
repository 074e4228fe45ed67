using System.Runtime.InteropServices;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// SIGINT, SIGTERM and SIGHUP end the run in good order; a second SIGINT aborts it. SIGUSR1 asks for the counters, SIGUSR2 for a new file.
/// These two never end the program, not even while it starts (Startup/start.c) or ends.
/// </summary>
internal sealed class Signals : IDisposable
{
    // The same numbers on x86-64 and arm64
    private const int SigInt = 2, SigUsr1 = 10, SigUsr2 = 12;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private static readonly List<PosixSignalRegistration> s_always = [];
    private static volatile bool s_isUp, s_requestedEarly;
    private static readonly TimeSpan s_requestsFirst = TimeSpan.FromMilliseconds(50);
    private readonly bool _hasRequests;
    private int _interrupts;

    /// <param name="stop">Ends the run. Called on the thread of the signal, as the others are.</param>
    /// <param name="report">Prints the counters.</param>
    /// <param name="request">Begins a new file; null: SIGUSR2 has nothing to begin here.</param>
    public Signals(Action<PosixSignal> stop, Action report, Action? request = null)
    {
        _hasRequests = request is not null;
        foreach (PosixSignal ending in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
            Register(ending, context => End(context, stop));
        Register((PosixSignal)SigUsr1, _ => report());
        Register((PosixSignal)SigUsr2, _ => (request ?? SayNothingToBegin)());
        s_isUp = true;
        if (s_requestedEarly && request is not null)
            request();
    }

    /// <summary>
    /// Makes SIGINT work also where it was ignored: a shell script starts background jobs that way, and then ends them with kill -INT.
    /// tcpdump does the same. Call it before the first word is printed: then the runtime takes the signal over, and would not notice a
    /// later change.
    /// </summary>
    public static void HearInterrupts()
    {
        LibC.signal(SigInt, LibC.DefaultAction);
        foreach (int number in new[] { SigUsr1, SigUsr2 })
        {
            s_always.Add(PosixSignalRegistration.Create((PosixSignal)number, context =>
            {
                context.Cancel = true;
                s_requestedEarly |= number == SigUsr2 && !s_isUp; // done as soon as the recording has begun
            }));
        }
    }

    private static void SayNothingToBegin() =>
        Messages.Say("SIGUSR2 has nothing to begin here: "
            + "it begins a new file of `record --rotate-size` or `--rotate-every`, and writes out the memory of `--ring`");

    private void End(PosixSignalContext context, Action<PosixSignal> stop)
    {
        // The second SIGINT is not cancelled: it ends the process at once
        context.Cancel = context.Signal != PosixSignal.SIGINT || Interlocked.Increment(ref _interrupts) == 1;
        if (!context.Cancel)
            return;
        // A SIGUSR2 that came just before may still be on its way, on another thread
        if (_hasRequests)
            Thread.Sleep(s_requestsFirst);
        stop(context.Signal);
    }

    private void Register(PosixSignal number, Action<PosixSignalContext> handle)
    {
        _registrations.Add(PosixSignalRegistration.Create(number, context =>
        {
            context.Cancel = true;
            handle(context);
        }));
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
