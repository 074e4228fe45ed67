using System.Runtime.InteropServices;
using TcpTracer.Formats.Files;

namespace TcpTracer.Cli.Handlers;

/// <summary>While it lasts, a signal that ends the program takes unfinished files away first. It begins before the file does, and lasts until the file has its name.</summary>
internal sealed class UnfinishedFile : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations =
        [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s => PosixSignalRegistration.Create(s, _ => UnfinishedFiles.RemoveForGood()))];

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
