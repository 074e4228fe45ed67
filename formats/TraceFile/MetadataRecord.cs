using System.Buffers;
using MessagePack;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.TraceFile;

/// <summary>A record of names, which recorders and rewriters both write.</summary>
public static class MetadataRecord
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(WorkloadChange change)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var record = new MessagePackWriter(buffer);
        record.WriteMapHeader(WorkloadCodec.KeysOf(change) + 1);
        record.Write("t");
        record.Write(RecordKinds.NameOf(RecordKind.Metadata));
        WorkloadCodec.Write(ref record, change);
        record.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
