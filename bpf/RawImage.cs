using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>The executable of a process as the kernel wrote it: the mirror of <c>struct image</c> in probes/event.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RawImage
{
    /// <summary>As many names as there is room for.</summary>
    public const int MaxLevels = 16;

    private const int NameBytes = 128, ArgumentBytes = 1024;

    internal RingRecordKind Kind;
    private readonly Padding3 _padding;

    /// <summary>The number that events have in <see cref="RawTcpEvent.Image"/>.</summary>
    public uint Number;

    /// <summary>How many names the path has. More than <see cref="MaxLevels"/>: the outermost directories are missing.</summary>
    public uint Levels;

    private readonly uint _argumentsLength;
    private readonly uint _argumentsAreCut;

    /// <summary>The process whose command line the receiver is to read from /proc; 0: none.</summary>
    public uint Pid;

    private NameList _names;
    private ArgumentList _arguments;

    [InlineArray(MaxLevels * NameBytes)]
    private struct NameList
    {
        private byte _first;
    }

    [InlineArray(ArgumentBytes)]
    private struct ArgumentList
    {
        private byte _first;
    }

    /// <summary>One name of the path.</summary>
    /// <param name="level">0: the file's own name. Then come its directories' names.</param>
    /// <param name="isCut">Whether the name is longer than there is room for.</param>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> NameAt(int level, out bool isCut)
    {
        ReadOnlySpan<byte> name = ((ReadOnlySpan<byte>)_names).Slice(level * NameBytes, NameBytes);
        int end = name.IndexOf((byte)0);
        isCut = end < 0;
        return isCut ? name[..^1] : name[..end];
    }

    /// <summary>The command line. Each argument ends with a zero.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Arguments => ((ReadOnlySpan<byte>)_arguments)[..(int)Math.Min(_argumentsLength, ArgumentBytes)];

    /// <summary>Whether the command line is longer than there is room for.</summary>
    public readonly bool ArgumentsAreCut => _argumentsAreCut != 0;
}
