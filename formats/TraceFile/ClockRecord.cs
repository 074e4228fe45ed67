using System.Buffers;
using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.TraceFile;

/// <summary>A clock sample, which recorders and rewriters both write.</summary>
public static class ClockRecord
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(in ClockSample sample)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var record = new MessagePackWriter(buffer);
        record.WriteMapHeader(2);
        record.Write("t");
        record.Write(RecordKinds.NameOf(RecordKind.Clock));
        record.Write("clock");
        ClockCodec.Write(ref record, sample);
        record.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
