using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Events;

/// <summary>
/// One event in the life of a connection: what sinks, filters and formats see, live or replayed. Passed by reference; what it refers to
/// is shared and never changes.
/// </summary>
public struct TcpEvent
{
    /// <summary>When, in nanoseconds since boot.</summary>
    public long TimestampNs;

    /// <summary>When, in nanoseconds since 1970 UTC, by the clock sample in force.</summary>
    public long WallNs;

    /// <summary>
    /// When the connection began (SYN_SENT, passive ESTABLISHED, or first seen). With <see cref="StartCpu"/> the identity of the
    /// connection.
    /// </summary>
    public long StartNs;

    /// <summary>The processor on which it began: no processor reads the same nanosecond twice.</summary>
    public uint StartCpu;

    /// <summary>What happened.</summary>
    public Operation Operation;

    /// <summary>Why it ended.</summary>
    public Reason Reason;

    /// <summary>How <see cref="Process"/> was found.</summary>
    public Attribution Attribution;

    /// <summary>What else is known.</summary>
    public EventFlags Flags;

    /// <summary>The errno, 0 for none.</summary>
    public ushort Error;

    /// <summary>The local port.</summary>
    public ushort Sport;

    /// <summary>The remote port.</summary>
    public ushort Dport;

    /// <summary>The owner's file descriptor, -1 where not known.</summary>
    public int Fd;

    /// <summary>The local address.</summary>
    public Address Saddr;

    /// <summary>The remote address.</summary>
    public Address Daddr;

    /// <summary>The process that owns the connection.</summary>
    public ProcessIdentity Process;

    /// <summary>On a close: who closed it. Accepted, or never accepted: who called listen().</summary>
    public ProcessName Other;

    /// <summary>Payload bytes sent, without retransmissions; at the end of a connection, or until now (<see cref="IsCounted"/>).</summary>
    public ulong Sent;

    /// <summary>Payload bytes received; at the end of a connection, or until now.</summary>
    public ulong Received;

    /// <summary>Segments sent again.</summary>
    public uint Retransmits;

    /// <summary>Smoothed round-trip time in microseconds.</summary>
    public uint SrttUs;

    /// <summary>The two initial sequence numbers, the lower one first: the same at both ends, through any NAT. 0: not known.</summary>
    public ulong Flow;

    /// <summary>From the owner's close() or exit to TCP's end, in nanoseconds; 0: not known, or at most a millisecond.</summary>
    public long CloseNs;

    /// <summary>Where the owner runs, by <see cref="View"/>.</summary>
    public Workload Workload;

    /// <summary>What was known of pods and addresses at this place in the stream.</summary>
    public WorkloadView View;

    /// <summary>Names where it happened, by what was known there.</summary>
    public void NameBy(WorkloadView view)
    {
        View = view;
        Workload = view.Of(Process);
    }

    /// <summary>What the near end is: its owner's pod, else whose address it was; null: nobody knows.</summary>
    public readonly Peer? Source => Workload.Peer ?? View.PeerAt(Saddr, StartNs);

    /// <summary>What the far end is. As of the connection's beginning: at its end another pod may have the address.</summary>
    public readonly Peer? Destination => View.PeerAt(Daddr, StartNs);

    /// <summary>Whether this event ends a connection.</summary>
    public readonly bool IsEnd => Ends(Operation);

    /// <summary>Whether an operation ends a connection.</summary>
    public static bool Ends(Operation operation) => operation is Operation.Close or Operation.Unknown;

    /// <summary>Whether it tells what the connection has sent and received, then or until then.</summary>
    public readonly bool IsCounted => (IsEnd || Operation is Operation.Existing or Operation.Progress) && (Flags & EventFlags.Uncounted) == 0;
}
