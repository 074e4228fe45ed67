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

    public ulong Id;
    public uint Hierarchy;

    /// <summary>More than <see cref="MaxLevels"/>: the outermost names are missing.</summary>
    public uint Levels;
    public uint Slot;
    private readonly uint _padding;
    private NameBlock _names;

    [InlineArray(MaxLevels * NameBytes)]
    private struct NameBlock
    {
        private byte _first;
    }

    /// <summary>One name: level 0 is the cgroup's own, then come its parents'.</summary>
    public readonly ReadOnlySpan<byte> NameAt(int level)
    {
        ReadOnlySpan<byte> name = MemoryMarshal.CreateReadOnlySpan(in Unsafe.As<NameBlock, byte>(ref Unsafe.AsRef(in _names)), MaxLevels * NameBytes).Slice(level * NameBytes, NameBytes);
        int end = name.IndexOf((byte)0);
        return end < 0 ? name : name[..end];
    }
}
