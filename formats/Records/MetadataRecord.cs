using MessagePack;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Records;

/// <summary>The record of a change of names, for recorders and for programs that rewrite traces.</summary>
public static class MetadataRecord
{
    /// <summary>A reader would refuse the record in a frame of fewer bytes.</summary>
    public static int LeastFrame(WorkloadChange change) =>
        (change.Parts - TraceLimits.MetadataPartsOfRecord + TraceLimits.MetadataPartsPerByte - 1) / TraceLimits.MetadataPartsPerByte;

    /// <summary>The record as MessagePack.</summary>
    public static byte[] Encode(WorkloadChange change)
    {
        return RecordBytes.Of(RecordKind.Metadata, WorkloadCodec.KeysOf(change), (ref MessagePackWriter record) =>
        {
            WorkloadCodec.Write(ref record, change);
        });
    }
}
