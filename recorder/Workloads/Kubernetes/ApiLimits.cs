namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// How much is taken from an API server. A server that is none, be it by a wrong address or with intent, cannot make us use more
/// memory: one piece of an answer for each of the three watches, what is kept, and as much again while a list replaces what is
/// kept.
/// </summary>
internal static class ApiLimits
{
    /// <summary>
    /// Bytes of one object of a list, one line of a watch, or one value that is skipped. etcd takes objects of up to 1.5 MB.
    /// </summary>
    public const int LongestPiece = 8 << 20;

    /// <summary>Bytes of one page of a list. Only one piece of it is in memory at a time.</summary>
    public const long LongestPage = 512L << 20;

    /// <summary>Pages of one list: two million objects.</summary>
    public const int MostPages = 4000;

    /// <summary>Bytes that are kept of all objects: some 80 000 pods.</summary>
    public const long MostKept = 256L << 20;

    /// <summary>
    /// Lines that are read of one watch in a second; 4 KiB count as one more. The server has to wait. The largest clusters send a
    /// tenth of this.
    /// </summary>
    public const int MostLines = 10_000;
}
