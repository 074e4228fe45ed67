using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Records;

/// <summary>
/// Counts the metadata of a trace since its last checkpoint. Readers and rewriters count alike, so that readers
/// accept what rewriters write.
/// </summary>
public sealed class MetadataCount
{
    /// <summary>Bytes of all metadata records after decompression.</summary>
    public long Bytes { get; private set; }

    /// <summary>Entries, claims and labels of all metadata records; a claim counts twice.</summary>
    public long Parts { get; private set; }

    /// <summary>Starts again at 0, for another trace.</summary>
    public void Clear() => Bytes = Parts = 0;

    /// <summary>Counts one or several records.</summary>
    /// <param name="change">Their content.</param>
    /// <param name="bytes">Their bytes after decompression.</param>
    public void Add(WorkloadChange change, long bytes)
    {
        Bytes = (change.IsCheckpoint ? 0 : Bytes) + bytes;
        Parts = (change.IsCheckpoint ? 0 : Parts) + change.Parts;
    }

    /// <summary>Whether so much more stays within the limits.</summary>
    public bool HasRoomFor(long bytes, long parts) =>
        Bytes + bytes <= TraceLimits.MetadataBytes && Parts + parts <= TraceLimits.MetadataParts;
}
