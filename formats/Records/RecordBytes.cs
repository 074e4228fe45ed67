using System.Buffers;
using MessagePack;

namespace TcpTracer.Formats.Records;

/// <summary>Adds keys and values to a record.</summary>
internal delegate void RecordFiller(ref MessagePackWriter to);

/// <summary>What all small records have in common: a map whose first key is its kind.</summary>
internal static class RecordBytes
{
    /// <summary>The MessagePack of a record.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="otherKeys">How many keys the filler adds.</param>
    /// <param name="fill">Adds them.</param>
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
