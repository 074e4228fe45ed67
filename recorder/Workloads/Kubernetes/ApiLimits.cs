namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// How much an API server may tell. Whoever answers in its place, by a wrong address or with intent, takes no more than this of our memory: at any time one
/// piece of an answer for each of the three watches, what is kept, and as much again while a list takes the place of what is kept.
/// </summary>
internal static class ApiLimits
{
    /// <summary>One object of a list, one line of a watch, one value that is skipped. etcd takes objects of 1.5 MB.</summary>
    public const int LongestPiece = 8 << 20;

    /// <summary>One page of a list, of which only pieces are ever in memory.</summary>
    public const long LongestPage = 512L << 20;

    /// <summary>Pages of one list: two million objects.</summary>
    public const int MostPages = 4000;

    /// <summary>What is kept of all objects: some 80 000 pods.</summary>
    public const long MostKept = 256L << 20;

    /// <summary>Lines that are taken of one watch within a second, one more for each 4 KiB of them; the server waits. The largest clusters have a tenth of it.</summary>
    public const int MostLines = 10_000;
}
