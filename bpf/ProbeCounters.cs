using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>
/// What the programs counted since they were attached: the mirror of the first members of <c>struct counters</c> in
/// probes/maps.h.
/// </summary>
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

    /// <summary>Connections that nobody had accepted when they ended. Not a loss.</summary>
    public long NeverAccepted;

    /// <summary>Connections whose accept() no hook saw. <see cref="TcpProbe.ListOpenSockets"/> finds their owner. Not a loss.</summary>
    public long AcceptsUnseen;

    /// <summary>Events that the programs dropped because their cgroup is not selected. Not a loss.</summary>
    public long Unwanted;

    /// <summary>Listeners whose owner was not noted because the map of listeners was full.</summary>
    public long ListenersFull;

    /// <summary>Connections that are no longer followed: they made room in a full connection map (<see cref="Eviction"/>).</summary>
    public long Evicted;

    /// <summary>SYNs and last segments of handshakes that listeners dropped because their accept queue was full.</summary>
    public long HandshakesDropped;
}
