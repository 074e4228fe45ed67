using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>How many connections had not ended when the map of them was walked: the mirror of some members of <c>struct shared</c> in probes/maps.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct LivingConnections
{
    /// <summary>Open.</summary>
    public int Open;

    /// <summary>Closed by their owner, but not finished by TCP.</summary>
    public int Unfinished;

    /// <summary>Connects that have no answer yet.</summary>
    public int Unanswered;
}
