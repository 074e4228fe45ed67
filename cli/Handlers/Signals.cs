using System.Runtime.InteropServices;

namespace TcpTracer.Cli.Handlers;

/// <summary>SIGINT, SIGTERM and SIGHUP end the run in order; a second SIGINT aborts it.</summary>
internal sealed class Signals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private int _interrupts;

    public Signals(Action<PosixSignal> stop)
    {
        void Handle(PosixSignalContext context)
        {
            // Not cancelled the second time: then the signal does what it always does
            context.Cancel = context.Signal != PosixSignal.SIGINT || Interlocked.Increment(ref _interrupts) == 1;
            if (context.Cancel)
                stop(context.Signal);
        }

        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s => PosixSignalRegistration.Create(s, Handle))];
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
