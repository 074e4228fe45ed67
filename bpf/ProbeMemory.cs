using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// Memory that the programs and this process share: counters, the flag of a sleeping reader, verdicts on cgroups. The mirror of <c>struct shared</c>
/// in probes/maps.h.
/// </summary>
internal sealed unsafe class ProbeMemory : IDisposable
{
    private const int ProcessorSlots = 512, SlotBytes = 64, IdleOffset = ProcessorSlots * SlotBytes, GenerationOffset = IdleOffset + 4, VerdictsOffset = IdleOffset + 16, CgroupSlots = 16_384;
    private const int Size = VerdictsOffset + CgroupSlots + ProbeOptions.NetnsLimit * sizeof(ulong);

    private readonly nint _start;

    /// <param name="map">The descriptor of the map that is the memory. Not bpf_map__initial_value(): before libbpf 1.5 that is a private copy once the object is loaded.</param>
    public ProbeMemory(int map)
    {
        _start = LibC.MapShared(map, Size);
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

    /// <summary>Sums the counters of all processors.</summary>
    public ProbeCounters ReadCounters()
    {
        const int mirrored = 8;
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
    public void Dispose() => _ = LibC.munmap(_start, Size);
}
