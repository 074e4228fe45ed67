using System.Runtime.InteropServices;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// Memory that the programs and this process share: counters, the flag of a sleeping reader, verdicts on cgroups. It owns the
/// mapping, not the map.
/// </summary>
internal sealed unsafe class ProbeMemory : IDisposable
{
    private readonly SharedMemory* _shared;

    /// <param name="map">
    /// The map that is the memory. Not bpf_map__initial_value(): before libbpf 1.5 that returns a private copy once the object is loaded.
    /// </param>
    /// <exception cref="ProbeException">It cannot be mapped.</exception>
    public ProbeMemory(BpfMap map)
    {
        _shared = (SharedMemory*)LibC.MapShared(map.Descriptor, sizeof(SharedMemory));
        if (_shared is null)
            throw new ProbeException(ProbeFailure.Refused, "the counters could not be mapped");
    }

    /// <summary>Whether the reader sleeps until a producer wakes it.</summary>
    public bool ReaderIsIdle
    {
        set => Volatile.Write(ref _shared->Idle, value ? 1u : 0u);
    }

    /// <summary>
    /// Makes the programs send the names of every cgroup again before its next event: some of those sent so far may be forgotten.
    /// </summary>
    public void BeginCgroupGeneration()
    {
        ((Span<CgroupVerdict>)_shared->Verdicts).Clear();
        Volatile.Write(ref _shared->Generation, _shared->Generation + 1);
    }

    /// <summary>Makes the programs drop the events of a cgroup, or no longer drop them.</summary>
    public void Judge(uint slot, CgroupVerdict verdict)
    {
        Span<byte> verdicts = MemoryMarshal.AsBytes((Span<CgroupVerdict>)_shared->Verdicts);
        Volatile.Write(ref verdicts[(int)(slot % (uint)verdicts.Length)], (byte)verdict);
    }

    /// <summary>What the next walk through the map of connections is for.</summary>
    public WalkPurpose Walk
    {
        set => Volatile.Write(ref *(uint*)&_shared->Walk, (uint)value);
    }

    /// <summary>
    /// Which part of the map the next walk is for, and in how many parts the map is walked: for a walk that reports each
    /// connection.
    /// </summary>
    public (int Part, int Parts) Part
    {
        set
        {
            Volatile.Write(ref _shared->Parts, value.Parts);
            Volatile.Write(ref _shared->Part, value.Part);
        }
    }

    /// <summary>What walks counted since this was last cleared.</summary>
    public ref LivingConnections Living => ref _shared->Living;

    /// <summary>See <see cref="TcpTracer.Bpf.Eviction"/>.</summary>
    public ref Eviction Eviction => ref _shared->Eviction;

    /// <summary>Adds up the counters of all processors.</summary>
    public ProbeCounters ReadCounters()
    {
        var total = new ProbeCounters();
        var sum = new Span<long>(&total, sizeof(ProbeCounters) / sizeof(long));
        foreach (ref readonly ProcessorCounters counters in (ReadOnlySpan<ProcessorCounters>)_shared->Counters)
        {
            fixed (ProcessorCounters* one = &counters)
            {
                for (int i = 0; i < sum.Length; i++)
                    sum[i] += ((long*)one)[i];
            }
        }
        return total;
    }

    /// <inheritdoc/>
    public void Dispose() => _ = LibC.munmap((nint)_shared, (nuint)sizeof(SharedMemory));
}
