namespace TcpTracer.Formats.Traces;

/// <summary>A trace file could not be written on; what stands in it is good.</summary>
/// <param name="path">Which.</param>
/// <param name="bytesKept">How much that is; 0: there is no such file.</param>
/// <param name="failure">Why.</param>
public sealed class TraceWriteException(string path, long bytesKept, IOException failure) : IOException(failure.Message, failure)
{
    /// <summary>Which.</summary>
    public string Path { get; } = path;

    /// <summary>How much of it is good; 0: there is no such file.</summary>
    public long BytesKept { get; } = bytesKept;

    /// <summary>Why.</summary>
    public IOException Failure { get; } = failure;
}
