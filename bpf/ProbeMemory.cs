using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// Memory that the programs and this process share: counters, the flag of a sleeping reader, verdicts on cgroups. The mirror of <c>struct shared</c>
/// in probes/maps.h.
/// </summary>
internal sealed unsafe class ProbeMemory : IDisposable
{
    private const int ProcessorSlots = 512, SlotBytes = 128, IdleOffset = ProcessorSlots * SlotBytes, GenerationOffset = IdleOffset + 4, WalkOffset = IdleOffset + 12, PartsOffset = IdleOffset + 20;
    private const int VerdictsOffset = IdleOffset + 40, CgroupSlots = 16_384, CrowdOffset = VerdictsOffset + CgroupSlots + ProbeOptions.NetnsLimit * sizeof(ulong);
    private static readonly int s_size = CrowdOffset + sizeof(Crowd);

    private readonly nint _start;

    /// <param name="map">The descriptor of the map that is the memory. Not bpf_map__initial_value(): before libbpf 1.5 that is a private copy once the object is loaded.</param>
    public ProbeMemory(int map)
    {
        _start = LibC.MapShared(map, s_size);
        if (_start == 0)
            throw new ProbeException(ProbeFailure.Refused, "the counters could not be mapped");
    }

    /// <summary>Whether the reader sleeps until a producer wakes it.</summary>
    public bool ReaderIsIdle
    {
        set => Volatile.Write(ref *(uint*)(_start + IdleOffset), value ? 1u : 0u);
    }

    /// <summary>Has every cgroup told again with its next event, because those told so far may be forgotten.</summary>
    public void BeginCgroupGeneration()
    {
        new Span<byte>((void*)(_start + VerdictsOffset), CgroupSlots).Clear();
        Volatile.Write(ref *(uint*)(_start + GenerationOffset), *(uint*)(_start + GenerationOffset) + 1);
    }

    /// <summary>Has the kernel drop the events of a cgroup, or no longer.</summary>
    public void Judge(uint slot, CgroupVerdict verdict) => Volatile.Write(ref *(byte*)(_start + VerdictsOffset + slot % CgroupSlots), (byte)verdict);

    /// <summary>What the next walk through the map of connections is for.</summary>
    public WalkPurpose Walk
    {
        set => Volatile.Write(ref *(uint*)(_start + WalkOffset), (uint)value);
    }

    /// <summary>Which part of the map the next walk is for, of so many: for a walk that tells of each connection.</summary>
    public (int Part, int Parts) Part
    {
        set
        {
            Volatile.Write(ref *(int*)(_start + PartsOffset), value.Parts);
            Volatile.Write(ref *(int*)(_start + PartsOffset + 4), value.Part);
        }
    }

    /// <summary>What walks found since this was last cleared.</summary>
    public ref LivingConnections Living => ref *(LivingConnections*)(_start + PartsOffset + 8);

    /// <summary>See <see cref="TcpTracer.Bpf.Crowd"/>.</summary>
    public ref Crowd Crowd => ref *(Crowd*)(_start + CrowdOffset);

    /// <summary>Sums the counters of all processors.</summary>
    public ProbeCounters ReadCounters()
    {
        const int mirrored = 10;
        var total = new ProbeCounters();
        var sum = new Span<long>(&total, mirrored);
        var slots = new ReadOnlySpan<long>((void*)_start, ProcessorSlots * SlotBytes / sizeof(long));
        for (int slot = 0; slot < slots.Length; slot += SlotBytes / sizeof(long))
        {
            for (int i = 0; i < mirrored; i++)
                sum[i] += slots[slot + i];
        }
        return total;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = LibC.munmap(_start, (nuint)s_size);
}
