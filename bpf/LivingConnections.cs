using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>How many connections had not ended when the map was walked: the mirror of <c>struct living</c> in probes/maps.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct LivingConnections
{
    /// <summary>Connections that their owner has not closed.</summary>
    public int Open;

    /// <summary>Connections that their owner has closed, and TCP has not finished.</summary>
    public int Unfinished;

    /// <summary>Connects without an answer.</summary>
    public int Unanswered;
}
