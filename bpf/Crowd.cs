using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>What the walk through the map of connections is for: the mirror of <c>enum walk</c> in probes/maps.h.</summary>
internal enum WalkPurpose : uint
{
    Unseen = 0,
    Count = 1,
    List = 2,
    Progress = 3,
    Last = 4,
}

/// <summary>
/// Who makes room when the map of connections is full: the oldest connections of the process that has most (of 4096 of them). The mirror of <c>struct
/// crowd</c> in probes/maps.h, in memory that the programs share.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Crowd
{
    private const int OwnerSlots = 1024, VictimSlots = 4096;

    /// <summary>Connections in the map, as the last walk counted them.</summary>
    public uint Entries;

    private uint _chosen, _listed, _ready, _used;

    /// <summary>There was no room, and nobody known to make any: not 0 until somebody looks.</summary>
    public uint Wanted;

    private fixed uint _owners[OwnerSlots];
    private VictimList _victims;

    internal struct Victim
    {
        public ulong Key, Start;
    }

    [System.Runtime.CompilerServices.InlineArray(VictimSlots)]
    private struct VictimList
    {
        private Victim _first;
    }

    /// <summary>Looks for those that are to go first. Until it is done nobody goes.</summary>
    /// <param name="walk">Walks the map.</param>
    public void FindVictims(Action<WalkPurpose> walk)
    {
        Volatile.Write(ref _ready, 0);
        Span<uint> owners = MemoryMarshal.CreateSpan(ref _owners[0], OwnerSlots);
        owners.Clear();
        walk(WalkPurpose.Count);
        _chosen = (uint)owners.IndexOf(Largest(owners));
        _listed = 0;
        walk(WalkPurpose.List);
        ((Span<Victim>)_victims)[..(int)_listed].Sort(static (a, b) => a.Start.CompareTo(b.Start));
        Volatile.Write(ref _used, 0);
        Volatile.Write(ref _ready, _listed);
    }

    private static uint Largest(ReadOnlySpan<uint> numbers)
    {
        uint largest = 0;
        foreach (uint number in numbers)
            largest = Math.Max(largest, number);
        return largest;
    }
}
