using System.Buffers.Binary;

namespace TcpTracer.Replay.Redactions;

/// <summary>How far times are shifted: all of one key alike, so that the distances stay, within a file and between files.</summary>
internal sealed class TimeShift
{
    private const long Day = 24 * 3_600_000_000_000, FewestDays = 30, MostDays = 1000;
    private readonly long _wallNs, _bootNs;

    private TimeShift()
    {
    }

    /// <param name="secret">What decides it.</param>
    public TimeShift(ReadOnlySpan<byte> secret)
    {
        // Wall time goes back, to no time that is still to come; the time since boot goes on, and stays above zero
        _wallNs = -Span(BinaryPrimitives.ReadUInt64LittleEndian(secret));
        _bootNs = Span(BinaryPrimitives.ReadUInt64LittleEndian(secret[sizeof(ulong)..]));
    }

    /// <summary>Times stay.</summary>
    public static TimeShift None { get; } = new();

    private static long Span(ulong bits) => FewestDays * Day + (long)(bits % (ulong)((MostDays - FewestDays) * Day));

    /// <summary>A moment in nanoseconds since 1970.</summary>
    public long Wall(long ns) => Add(ns, _wallNs);

    /// <summary>A moment in nanoseconds since boot.</summary>
    public long Boot(long ns) => Add(ns, _bootNs);

    /// <summary>What is as far as can be stays there: it is no time.</summary>
    private static long Add(long ns, long shift) => (long)Int128.Clamp((Int128)ns + shift, long.MinValue, long.MaxValue);
}
