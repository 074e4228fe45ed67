using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>Checks the names in $TCPTRACER_REFUSE: a misspelt name would have no effect.</summary>
internal static class RefusedPrograms
{
    /// <exception cref="SelectionException">One of the names is unknown.</exception>
    public static void RequireKnown()
    {
        if (MachineSupport.UnknownRefused.FirstOrDefault() is { } wrong)
        {
            string known = string.Join(", ", MachineSupport.RefusableNames);
            throw SelectionException.UnknownName("TCPTRACER_REFUSE: program", wrong, MachineSupport.RefusableNames, $"known: {known}");
        }
    }
}
