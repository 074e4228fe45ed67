using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TcpTracer.Bpf;

/// <summary>The executable of a process, before the first event of it: the mirror of <c>struct image</c> in probes/event.h.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct RawImage
{
    /// <summary>Names in a path, at most; <see cref="Levels"/> is one more where there are more.</summary>
    public const int MaxLevels = 16;

    private const int NameBytes = 128, ArgumentBytes = 1024;

    /// <summary>What events call it.</summary>
    public uint Number;

    /// <summary>How many names the path has.</summary>
    public uint Levels;

    private uint _argumentsLength;
    private uint _argumentsCut;

    /// <summary>The process whose command line is still to be read; 0: none.</summary>
    public uint Pid;

    private readonly uint _padding;
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

    /// <summary>One name of the path: the file's own is the first.</summary>
    /// <param name="level">Which.</param>
    /// <param name="isCut">Whether it is longer than there is room for.</param>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> NameAt(int level, out bool isCut)
    {
        ReadOnlySpan<byte> name = ((ReadOnlySpan<byte>)_names).Slice(level * NameBytes, NameBytes);
        int end = name.IndexOf((byte)0);
        isCut = end < 0;
        return isCut ? name[..^1] : name[..end];
    }

    /// <summary>The command line, each argument with a zero behind it.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Arguments => ((ReadOnlySpan<byte>)_arguments)[..(int)Math.Min(_argumentsLength, ArgumentBytes)];

    /// <summary>Whether the command line is longer than there is room for.</summary>
    public readonly bool ArgumentsAreCut => _argumentsCut != 0;
}
