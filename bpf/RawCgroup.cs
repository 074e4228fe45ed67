using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>The names of a cgroup as the kernel wrote them: the mirror of <c>struct cgroup_names</c> in probes/event.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RawCgroup
{
    /// <summary>As many names as there is room for.</summary>
    public const int MaxLevels = 10;

    private const int NameBytes = 176;

    internal RingRecordKind Kind;
    private readonly Padding3 _padding;

    /// <summary>Which hierarchy <see cref="Id"/> belongs to: <c>enum hierarchy</c>.</summary>
    public uint Hierarchy;

    /// <summary>The number that events have in <see cref="RawTcpEvent.Cgroup"/> or <see cref="RawTcpEvent.CgroupV1"/>.</summary>
    public ulong Id;

    /// <summary>How many names there are. More than <see cref="MaxLevels"/>: the outermost names are missing.</summary>
    public uint Levels;

    /// <summary>The place of its verdict (<see cref="TcpProbe.Judge"/>).</summary>
    public uint Slot;

    private NameList _names;

    [InlineArray(MaxLevels * NameBytes)]
    private struct NameList
    {
        private byte _first;
    }

    /// <summary>One name.</summary>
    /// <param name="level">0: the cgroup's own name. Then come its parents' names.</param>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> NameAt(int level)
    {
        ReadOnlySpan<byte> name = ((ReadOnlySpan<byte>)_names).Slice(level * NameBytes, NameBytes);
        int end = name.IndexOf((byte)0);
        return end < 0 ? name : name[..end];
    }
}

/// <summary>Three bytes that only align what follows.</summary>
[InlineArray(3)]
internal struct Padding3
{
    private byte _first;
}
