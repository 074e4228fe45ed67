using System.Buffers;
using MessagePack;

namespace TcpTracer.Formats.TraceFile;

/// <summary>The last record, which recorders and rewriters both write.</summary>
public static class EndRecord
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(TraceEnd end)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var record = new MessagePackWriter(buffer);
        record.WriteMapHeader(5);
        record.Write("t");
        record.Write(RecordKinds.NameOf(RecordKind.End));
        record.Write("cause");
        record.Write(end.Cause);
        record.Write("captured");
        record.Write(end.Captured);
        record.Write("written");
        record.Write(end.Written);
        record.Write("lost");
        record.Write(end.Lost);
        record.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
