using TcpTracer.Formats.Words;
using TcpTracer.Recorder;

namespace TcpTracer.Cli.Handlers;

/// <summary>$TCPTRACER_REFUSE: a name that is misspelt would refuse nothing, in silence.</summary>
internal static class RefusedPrograms
{
    /// <exception cref="SelectionException">One of the names is unknown.</exception>
    public static void RequireKnown()
    {
        if (MachineSupport.UnknownRefused.FirstOrDefault() is { } wrong)
            throw SelectionException.UnknownName("TCPTRACER_REFUSE: program", wrong, MachineSupport.RefusableNames, $"known: {string.Join(", ", MachineSupport.RefusableNames)}");
    }
}
