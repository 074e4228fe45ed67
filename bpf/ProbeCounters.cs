using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>What the kernel side counted since it was attached: the mirror of <c>struct counters</c> in probes/maps.h, and what the kernel counts itself.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ProbeCounters
{
    /// <summary>Events put into the ring.</summary>
    public long Produced;

    /// <summary>Events lost because the ring was full.</summary>
    public long RingFull;

    /// <summary>Connections not followed because the connection map was full.</summary>
    public long ConnectionsFull;

    /// <summary>Child processes not followed because the process map was full.</summary>
    public long ProcessesFull;

    /// <summary>Connections that no one had accepted when they ended. Not a loss.</summary>
    public long NeverAccepted;

    /// <summary>Connections that somebody accepted in a way that no hook tells of, and whom <see cref="TcpProbe.ListOpenSockets"/> will find. Not a loss.</summary>
    public long AcceptsUnseen;

    /// <summary>Events of cgroups that are not selected, dropped in the kernel. Not a loss.</summary>
    public long Unwanted;

    /// <summary>Listening sockets whose owner was not noted because the map of listeners was full.</summary>
    public long ListenersFull;

    /// <summary>Connections no longer followed: they were the oldest of the process that had most, and the connection map was full.</summary>
    public long Evicted;

    /// <summary>SYNs and last segments of handshakes that listeners dropped because their accept queue was full.</summary>
    public long HandshakesDropped;
}
