namespace TcpTracer.Formats.Values;

/// <summary>
/// Calls the garbage collector after much was decoded from files, by all threads together. Left alone, the collector lets the heap grow to
/// several times the memory in use. That is too much when a small hostile file unpacks to a lot of data.
/// </summary>
public static class GarbageBudget
{
    /// <summary>In bytes: after so much garbage the collector is called.</summary>
    private const long Plenty = 16 << 20;
    private static long s_bytes;

    /// <summary>Adds memory that was allocated for decoded data. It blocks while the collector runs.</summary>
    /// <param name="bytes">Roughly how many bytes. Most of them are probably not in use any more.</param>
    public static void Add(long bytes)
    {
        if (bytes <= 0 || Interlocked.Add(ref s_bytes, bytes) < Plenty)
            return;
        Interlocked.Exchange(ref s_bytes, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
    }
}
