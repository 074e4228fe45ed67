using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Events;

/// <summary>
/// One event in the life of a connection, as sinks, filters and formats see it, live or replayed. It is passed by reference. Events share
/// the objects that it refers to, and nobody changes them.
/// </summary>
public struct TcpEvent
{
    /// <summary>When it happened, in nanoseconds of boot time.</summary>
    public long TimestampNs;

    /// <summary>When it happened, in nanoseconds since 1970 (UTC), by the last clock sample before it.</summary>
    public long WallNs;

    /// <summary>
    /// When the connection began, in nanoseconds of boot time: it entered SYN_SENT, or ESTABLISHED on the passive side, or the recorder
    /// first saw it. Together with <see cref="StartCpu"/> it identifies the connection.
    /// </summary>
    public long StartNs;

    /// <summary>The processor on which the connection began. No processor reads the same nanosecond twice.</summary>
    public uint StartCpu;

    /// <summary>What happened.</summary>
    public Operation Operation;

    /// <summary>Why the connection ended.</summary>
    public Reason Reason;

    /// <summary>How <see cref="Process"/> was found.</summary>
    public Attribution Attribution;

    /// <summary>More facts about the event.</summary>
    public EventFlags Flags;

    /// <summary>The errno; 0: no error.</summary>
    public ushort Error;

    /// <summary>The local port.</summary>
    public ushort Sport;

    /// <summary>The remote port.</summary>
    public ushort Dport;

    /// <summary>The owner's file descriptor; -1: not known.</summary>
    public int Fd;

    /// <summary>The local address.</summary>
    public Address Saddr;

    /// <summary>The remote address.</summary>
    public Address Daddr;

    /// <summary>The owner of the connection.</summary>
    public ProcessIdentity Process;

    /// <summary>For a close: the actor. For a connection that was accepted, or never accepted: the listener.</summary>
    public ProcessName Other;

    /// <summary>
    /// Payload bytes that this end has sent, without retransmissions. They are valid if <see cref="IsCounted"/>: at the end of a
    /// connection, or until now.
    /// </summary>
    public ulong Sent;

    /// <summary>Payload bytes that this end has received. They are valid if <see cref="IsCounted"/>.</summary>
    public ulong Received;

    /// <summary>Segments that were retransmitted.</summary>
    public uint Retransmits;

    /// <summary>The smoothed round-trip time, in microseconds.</summary>
    public uint SrttUs;

    /// <summary>
    /// The two initial sequence numbers, the lower one in the upper half. It is the same at both ends, through any NAT. 0: not known.
    /// </summary>
    public ulong Flow;

    /// <summary>Nanoseconds from the owner's close() or exit until TCP had finished; 0: at most a millisecond, or not known.</summary>
    public long CloseNs;

    /// <summary>
    /// The cgroup of the process at the other end, in the unified hierarchy; 0: not known. The recorder knows it where it saw an event of
    /// that end before this one.
    /// </summary>
    public ulong FarCgroup;

    /// <summary>The same in the hierarchy of the memory controller of cgroup v1.</summary>
    public ulong FarCgroupV1;

    /// <summary>Where the owner runs, according to <see cref="View"/>.</summary>
    public Workload Workload;

    /// <summary>What was known of pods and addresses at the event's place in the stream.</summary>
    public WorkloadView View;

    /// <summary>The connection of which this is the row, where rows are connections; null: it is an event.</summary>
    public Connection? Connection { get; set; }

    /// <summary>Where the row belongs in time, in nanoseconds since 1970: an event when it happened, a connection when it began.</summary>
    public readonly long RowNs => Connection?.StartNs ?? WallNs;

    /// <summary>Names the event: sets <see cref="View"/> and <see cref="Workload"/>.</summary>
    public void NameBy(WorkloadView view)
    {
        View = view.For(Process.Source);
        Workload = View.Of(Process);
    }

    /// <summary>
    /// The pod, service or node at this end: the owner's pod, else the entry that the local address belonged to; null: not known. The
    /// owner's cgroup names its pod by uid. That is surer than an address, which may be another pod's by now.
    /// </summary>
    public readonly Peer? Source
    {
        get
        {
            if (Workload.Peer is { } own && !Workload.IsPeerLater)
                return own;
            object? entry = Workload.IsPeerLater ? View.EntrySeenAt(Saddr, StartNs) : View.EntryAt(Saddr, StartNs);
            return (IsOfAnotherPod(entry, Workload) ? null : PeerOf(entry)) ?? Workload.Peer;
        }
    }

    /// <summary>
    /// The pod, service or node that the local address belonged to, unless that is another pod than the owner's; null: not known.
    /// </summary>
    public readonly object? EntryOfSource => View.EntryAt(Saddr, StartNs) is var entry && IsOfAnotherPod(entry, Workload)
        ? View.PodOf(Workload.PodUid) : entry;

    /// <summary>Whether <see cref="OwnName"/> is that of the owner, and not that of its address.</summary>
    public readonly bool IsNamedByOwner => IsInContainer || Process.Comm.Raw.Length > 0;

    private readonly bool IsInContainer => Workload.PodUid.Length > 0 || Workload.ContainerId.Length > 0;

    /// <summary>What names this end: its owner's workload, else the owner's command, else what its address belonged to.</summary>
    public readonly object OwnName => IsInContainer ? Workload
        : Process.Comm.Raw.Length > 0 ? Process.Comm : View.EntryAt(Saddr, StartNs) ?? Saddr;

    /// <summary>What names this end by its address alone: the pod, service or node, else the address.</summary>
    public readonly object OwnAddressName => EntryOfSource ?? Saddr;

    /// <summary>
    /// What names the other end: the pod, service or node that had its address when the connection began, else the address.
    /// </summary>
    public readonly object OtherName => View.EntryAt(Daddr, StartNs) ?? Daddr;

    private static bool IsOfAnotherPod(object? entry, Workload workload) =>
        entry is PodInfo pod && workload.PodUid.Length > 0 && pod.Uid != workload.PodUid;

    /// <summary>A pod, service or node as an end of a connection.</summary>
    public static Peer? PeerOf(object? entry) => entry switch
    {
        PodInfo pod => pod.Peer,
        ServiceInfo service => service.Peer,
        NodeInfo node => node.Peer,
        _ => null,
    };

    /// <summary>
    /// The pod, service or node at the other end, when the connection began: later another pod may have the address. null: not known. Where
    /// the process at that end is known, no other pod than its own counts.
    /// </summary>
    public readonly Peer? Destination
    {
        get
        {
            if (FarWorkload is not { Peer: { } pod } far)
                return View.PeerAt(Daddr, StartNs);
            if (far.IsPeerLater) // what was known of the address goes first
                return PeerOf(View.EntryAt(Daddr, StartNs)) ?? pod;
            object? entry = View.EntrySeenAt(Daddr, StartNs);
            return (IsOfAnotherPod(entry, far) ? null : PeerOf(entry)) ?? pod;
        }
    }

    /// <summary>
    /// Where the process at the other end runs: behind a service, that is the pod that answered. null: nobody saw both ends.
    /// </summary>
    public readonly Workload? FarWorkload => Connection?.Far is { } far ? far.Opening.Workload
        : (FarCgroup | FarCgroupV1) != 0 ? View.Of((FarCgroup, FarCgroupV1))
        : null;

    /// <summary>Whether this event ends a connection.</summary>
    public readonly bool IsEnd => Ends(Operation);

    /// <summary>Whether it is the last event of its end of the connection, which ended, or never came to be.</summary>
    public readonly bool IsLast => IsLastOfEnd(Operation);

    /// <summary>Whether events of an operation are the last ones of their ends of connections.</summary>
    public static bool IsLastOfEnd(Operation operation) =>
        Ends(operation) || operation is Operation.ConnectFailed or Operation.Unaccepted;

    /// <summary>Whether an operation ends a connection.</summary>
    public static bool Ends(Operation operation) => operation is Operation.Close or Operation.Unknown;

    /// <summary>Whether <see cref="AgeNs"/> is known.</summary>
    public readonly bool IsTimed => (Flags & EventFlags.Untimed) == 0;

    /// <summary>
    /// Nanoseconds from the beginning of the connection to this event: of a connect or an accept its latency, of an end the duration of the
    /// connection. Good only if <see cref="IsTimed"/>.
    /// </summary>
    public readonly ulong AgeNs => (ulong)Math.Max(0, TimestampNs - StartNs);

    /// <summary>Whether the event has bytes, retransmissions and a round-trip time.</summary>
    public readonly bool IsCounted =>
        (IsEnd || Operation is Operation.Existing or Operation.Progress) && (Flags & EventFlags.Uncounted) == 0;
}
