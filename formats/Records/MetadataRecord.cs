using MessagePack;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Records;

/// <summary>A record of names, which recorders and rewriters both write.</summary>
public static class MetadataRecord
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(WorkloadChange change)
    {
        return RecordBytes.Of(RecordKind.Metadata, WorkloadCodec.KeysOf(change), (ref MessagePackWriter record) =>
        {
            WorkloadCodec.Write(ref record, change);
        });
    }
}
