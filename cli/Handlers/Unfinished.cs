using System.Runtime.InteropServices;
using TcpTracer.Formats.TraceFile;

namespace TcpTracer.Cli.Handlers;

/// <summary>While it lasts, a signal that ends the program takes the unfinished file away first.</summary>
internal sealed class Unfinished : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    public Unfinished(TraceOutput file) => _registrations =
        [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s => PosixSignalRegistration.Create(s, _ => file.Remove()))];

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
