using System.Collections.Immutable;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace TcpTracer.Formats.Workloads;

/// <summary>An entry that an address belonged to, and when.</summary>
/// <param name="Entry">The pod, service or node. Its names for printing are made on demand, because most are never printed.</param>
/// <param name="Order">Decides between entries that claim the address since the same moment: the kind, then a hash of the key. The keys
/// themselves may be long, and one event may compare many.</param>
/// <param name="SinceNs">Since when, in nanoseconds of boot time.</param>
/// <param name="UntilNs">Until when; that moment does not belong to it. <see cref="long.MaxValue"/>: it still holds.</param>
internal readonly record struct AddressOwner(object Entry, ulong Order, long SinceNs, long UntilNs)
{
    /// <summary>A claim may begin so many nanoseconds after an event and still name it: sources report a new address late.</summary>
    public const long LateReportNs = 5_000_000_000;

    /// <summary>The key of the entry.</summary>
    public WorkloadKey Key => Entry switch
    {
        PodInfo pod => new WorkloadKey(WorkloadKind.Pod, pod.Uid),
        ServiceInfo service => new WorkloadKey(WorkloadKind.Service, service.Uid),
        _ => new WorkloadKey(WorkloadKind.Node, ((NodeInfo)Entry).Name),
    };

    /// <summary>The entry as an end of a connection.</summary>
    public Peer Peer => Entry switch
    {
        PodInfo pod => pod.Peer,
        ServiceInfo service => service.Peer,
        _ => ((NodeInfo)Entry).Peer,
    };

    /// <summary>Whether the address belonged to it at a moment.</summary>
    public bool Holds(long bootNs) => SinceNs <= bootNs && (bootNs < UntilNs || UntilNs == long.MaxValue);

    /// <summary>Whether it is of a key.</summary>
    public bool Is(WorkloadKey key, ulong order) => Order == order && Key == key;

    /// <summary>
    /// The claim that counts at a moment: the latest that holds then. If none does, the first one soon after that moment.
    /// </summary>
    public static AddressOwner? Find(ImmutableArray<AddressOwner> owners, long bootNs)
    {
        AddressOwner? holder = null, successor = null;
        foreach (AddressOwner owner in owners)
        {
            if (owner.Holds(bootNs) && (holder is not { } h || IsBefore(h, owner)))
                holder = owner;
            if (owner.SinceNs > bootNs && owner.SinceNs - bootNs <= LateReportNs && (successor is not { } s || IsBefore(owner, s)))
                successor = owner;
        }
        return holder ?? successor;
    }

    /// <summary>The <see cref="Order"/> of a key. The two upper bits order the kinds: node, service, pod.</summary>
    public static ulong OrderOf(WorkloadKey key)
    {
        const int kindBits = 2, shift = 64 - kindBits;
        ulong kind = key.Kind switch
        {
            WorkloadKind.Pod => 2,
            WorkloadKind.Service => 1,
            _ => 0,
        };
        return (kind << shift) | (XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key.Key.AsSpan())) >> kindBits);
    }

    /// <summary>How often this thread had to compare two whole keys, because nothing else told them apart. Tests read it.</summary>
    [field: ThreadStatic]
    internal static long KeysCompared { get; private set; }

    /// <summary>
    /// Orders claims by their beginning. Claims of the same moment are ordered by kind and key, so that it does not matter which became
    /// known first. Keys are compared by hash, and in full only if the hashes are equal.
    /// </summary>
    public static bool IsBefore(in AddressOwner a, in AddressOwner b)
    {
        if (a.SinceNs != b.SinceNs)
            return a.SinceNs < b.SinceNs;
        if (a.Order != b.Order || ReferenceEquals(a.Entry, b.Entry))
            return a.Order < b.Order;
        KeysCompared++;
        return string.CompareOrdinal(a.Key.Key, b.Key.Key) < 0;
    }
}
