using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Records;

/// <summary>
/// Counts the metadata of a trace since its last checkpoint. Readers and rewriters count alike, so that readers
/// accept what rewriters write. In a merged trace a checkpoint is of one source, and all sources count together.
/// </summary>
public sealed class MetadataCount
{
    private readonly Dictionary<int, (long Bytes, long Parts)> _ofSource = [];

    /// <summary>Bytes of all metadata records after decompression.</summary>
    public long Bytes { get; private set; }

    /// <summary>Entries, claims and labels of all metadata records; a claim counts twice.</summary>
    public long Parts { get; private set; }

    /// <summary>Starts again at 0, for another trace.</summary>
    public void Clear()
    {
        Bytes = Parts = 0;
        _ofSource.Clear();
    }

    /// <summary>Counts one or several records.</summary>
    /// <param name="change">Their content.</param>
    /// <param name="bytes">Their bytes after decompression.</param>
    public void Add(WorkloadChange change, long bytes)
    {
        (long Bytes, long Parts) before = _ofSource.GetValueOrDefault(change.Source), kept = change.IsCheckpoint ? default : before;
        (long Bytes, long Parts) now = (kept.Bytes + bytes, kept.Parts + change.Parts);
        _ofSource[change.Source] = now;
        Bytes += now.Bytes - before.Bytes;
        Parts += now.Parts - before.Parts;
    }

    /// <summary>Whether so much more stays within the limits.</summary>
    public bool HasRoomFor(long bytes, long parts) =>
        Bytes + bytes <= TraceLimits.MetadataBytes && Parts + parts <= TraceLimits.MetadataParts;
}
