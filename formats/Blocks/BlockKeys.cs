using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Blocks;

/// <summary>A key of dictionary <c>kind</c>. It is packed into one number, which is fast to hash.</summary>
internal readonly record struct KindKey(Operation Operation, Reason Reason, Attribution Attribution, EventFlags Flags, ushort Error)
{
    public ulong Packed => (ulong)Operation | (ulong)Reason << 8 | (ulong)Attribution << 16 | (ulong)Flags << 24 | (ulong)Error << 32;

    public static KindKey Of(ulong packed) => new((Operation)(byte)packed, (Reason)(byte)(packed >> 8),
        (Attribution)(byte)(packed >> 16), (EventFlags)(byte)(packed >> 24), (ushort)(packed >> 32));
}

/// <summary>A key of dictionary <c>local</c> or <c>remote</c>, packed into one number. A block has at most 16 384 of each.</summary>
/// <param name="Process">Index of the process; 0 for a remote end.</param>
/// <param name="Address">Index of the address.</param>
/// <param name="Port">The port; -1: each row has a port of its own.</param>
internal readonly record struct EndKey(int Process, int Address, int Port)
{
    public ulong Packed => (ulong)(uint)Process << 40 | (ulong)(uint)Address << 20 | (uint)(Port + 1);

    public static EndKey Of(ulong packed) => new((int)(packed >> 40), (int)(packed >> 20) & 0xF_FFFF, (int)(packed & 0xF_FFFF) - 1);
}
