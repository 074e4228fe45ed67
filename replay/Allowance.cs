namespace TcpTracer.Replay;

/// <summary>
/// How much may be made of a trace event by event. A few bytes of a file can stand for any number of events, and these for names of any length: what comes out
/// is bounded by the bytes that were read. An ordinary trace makes less than a quarter of it, whatever is shown. For several threads.
/// </summary>
/// <param name="free">What the smallest file may have.</param>
public sealed class Allowance(long free = Allowance.Free)
{
    /// <summary>What the smallest file may have.</summary>
    public const long Free = 32 << 20;

    /// <summary>What each byte that was read adds.</summary>
    public const long PerByte = 1024;

    /// <summary>What an event takes beside its text: making a line costs as much as copying two thousand bytes.</summary>
    public const long OfEvent = 2048;

    private long _bytesRead, _taken;

    /// <summary>How much there is.</summary>
    public long Limit => free + Interlocked.Read(ref _bytesRead) * PerByte;

    /// <summary>Whether something was refused.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>So many bytes more were read.</summary>
    public void Earn(long bytes) => Interlocked.Add(ref _bytesRead, bytes);

    /// <summary>Takes some of it.</summary>
    /// <returns>Whether there was so much.</returns>
    public bool Take(long amount)
    {
        if (Interlocked.Add(ref _taken, amount) <= Limit)
            return true;
        Interlocked.Add(ref _taken, -amount);
        return !(IsSpent = true);
    }
}
