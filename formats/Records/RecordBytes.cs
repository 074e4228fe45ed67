using System.Buffers;
using MessagePack;

namespace TcpTracer.Formats.Records;

/// <summary>Writes keys and values of a record.</summary>
internal delegate void RecordFiller(ref MessagePackWriter to);

/// <summary>Writes small records. Each is a map whose first key is the kind.</summary>
internal static class RecordBytes
{
    /// <summary>A record as MessagePack.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="otherKeys">How many keys follow after the kind.</param>
    /// <param name="fill">Writes these keys and their values.</param>
    public static byte[] Of(RecordKind kind, int otherKeys, RecordFiller fill)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var record = new MessagePackWriter(buffer);
        record.WriteMapHeader(otherKeys + 1);
        record.Write("t");
        record.Write(RecordKinds.NameOf(kind));
        fill(ref record);
        record.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
