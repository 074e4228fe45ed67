using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Records;

/// <summary>
/// How much metadata a trace has from a checkpoint on. Readers and rewriters count alike, so that what one writes the other takes.
/// </summary>
public sealed class MetadataCount
{
    /// <summary>All records, decompressed.</summary>
    public long Bytes { get; private set; }

    /// <summary>Their entries, claims and labels.</summary>
    public long Parts { get; private set; }

    /// <summary>A trace begins.</summary>
    public void Clear() => Bytes = Parts = 0;

    /// <summary>One more record, or several.</summary>
    /// <param name="change">What it says.</param>
    /// <param name="bytes">Its length.</param>
    public void Add(WorkloadChange change, long bytes)
    {
        Bytes = (change.IsCheckpoint ? 0 : Bytes) + bytes;
        Parts = (change.IsCheckpoint ? 0 : Parts) + change.Parts;
    }

    /// <summary>Whether so much more is within the limits.</summary>
    public bool HasRoomFor(long bytes, long parts) => Bytes + bytes <= TraceLimits.MetadataBytes && Parts + parts <= TraceLimits.MetadataParts;
}
