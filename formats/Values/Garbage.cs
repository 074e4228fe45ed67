namespace TcpTracer.Formats.Values;

/// <summary>
/// What was decoded of a file and is not wanted any more, of all threads. The collector lets the heap grow to a multiple of what is in use,
/// which is too much where a small file unpacks to a lot: it is called in time.
/// </summary>
public static class Garbage
{
    private const long Plenty = 16 << 20;
    private static long s_bytes;

    /// <summary>So much memory was taken, about; most of it may be free again.</summary>
    public static void Add(long bytes)
    {
        if (bytes <= 0 || Interlocked.Add(ref s_bytes, bytes) < Plenty)
            return;
        Interlocked.Exchange(ref s_bytes, 0);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
    }
}
