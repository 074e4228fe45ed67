using System.Runtime.InteropServices;
using TcpTracer.Formats.Files;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// While this object lives, a signal that ends the program first removes unfinished files. It is made before the file, and disposed of when
/// the file has its name.
/// </summary>
internal sealed class UnfinishedFile : IDisposable
{
    private static readonly PosixSignal[] s_ending = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    private readonly PosixSignalRegistration[] _registrations =
        [.. s_ending.Select(s => PosixSignalRegistration.Create(s, _ => UnfinishedFiles.RemoveForGood()))];

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
