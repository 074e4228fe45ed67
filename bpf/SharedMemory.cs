using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>The mirror of <c>struct shared</c> in probes/maps.h, which says what each member means.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SharedMemory
{
    private const int ProcessorSlots = 512, CgroupSlots = 16_384;

    /// <summary>One for each processor.</summary>
    public CounterList Counters;

    public uint Idle;
    public uint Generation;
    public uint LastSlot;
    public WalkPurpose Walk;
    public uint LastImage;
    public int Parts;
    public int Part;
    public LivingConnections Living;

    /// <summary>One for each slot of a cgroup.</summary>
    public VerdictList Verdicts;

    public CookieList NetnsCookies;
    public Eviction Eviction;

    [InlineArray(ProcessorSlots)]
    internal struct CounterList
    {
        private ProcessorCounters _first;
    }

    [InlineArray(CgroupSlots)]
    internal struct VerdictList
    {
        private CgroupVerdict _first;
    }

    [InlineArray(ProbeOptions.NetnsLimit)]
    internal struct CookieList
    {
        private ulong _first;
    }
}

/// <summary>The mirror of <c>struct counters</c> in probes/maps.h: what the programs counted on one processor.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProcessorCounters
{
    /// <summary>What is added up over all processors.</summary>
    public ProbeCounters Summed;

    public long Images;
    private readonly PaddingList _padding;

    [InlineArray(5)]
    private struct PaddingList
    {
        private long _first;
    }
}
