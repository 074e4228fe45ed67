using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>A loss, which recorders and rewriters both write.</summary>
public static class LossCodec
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(in LossRecord lost)
    {
        LossRecord loss = lost;
        return RecordBytes.Of(RecordKind.Loss, 5, (ref MessagePackWriter record) =>
        {
            record.Write("from");
            record.Write(loss.FromNs);
            record.Write("to");
            record.Write(loss.ToNs);
            record.Write("source");
            record.Write((byte)loss.Source);
            record.Write("count");
            record.Write(loss.Count);
            record.Write("total");
            record.Write(loss.Total);
        });
    }
}
