using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>The purpose of a walk through the map of connections. The numbers are those of <c>enum walk</c> in probes/maps.h.</summary>
internal enum WalkPurpose : uint
{
    /// <summary>Report what no hook saw.</summary>
    Unseen = 0,

    /// <summary>Count the connections of each process.</summary>
    Count = 1,

    /// <summary>List the connections of one process.</summary>
    List = 2,

    /// <summary>Report the byte counts of every connection.</summary>
    Progress = 3,

    /// <summary>The recording ends: report the connections that have not ended.</summary>
    Last = 4,
}

/// <summary>
/// Which connections make room when the map of connections is full: the oldest of the process that has the most connections (of up to
/// 4096 of them). The mirror of <c>struct eviction</c> in probes/maps.h, in memory that the programs share.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Eviction
{
    private const int OwnerSlots = 1024, VictimSlots = 4096;

    /// <summary>How many connections the last walk found in the map.</summary>
    public uint Entries;

    private uint _chosen, _listed, _ready, _used;

    /// <summary>Not 0: the map was full and no connection was left to make room. Stays so until the next walk.</summary>
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

    /// <summary>Chooses the connections that make room first. Until it is done none is evicted.</summary>
    /// <param name="walk">Walks the map with that purpose.</param>
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
