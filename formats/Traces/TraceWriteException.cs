namespace TcpTracer.Formats.Traces;

/// <summary>Writing to a trace failed. The blocks that were written before are good.</summary>
/// <param name="path">The final name of the trace.</param>
/// <param name="bytesKept">Bytes of the good blocks; 0: there is no file under that name.</param>
/// <param name="failure">Why it failed.</param>
public sealed class TraceWriteException(string path, long bytesKept, IOException failure) : IOException(failure.Message, failure)
{
    /// <summary>The final name of the trace.</summary>
    public string Path { get; } = path;

    /// <summary>Bytes of the good blocks; 0: there is no file under that name.</summary>
    public long BytesKept { get; } = bytesKept;

    /// <summary>Why it failed.</summary>
    public IOException Failure { get; } = failure;
}
