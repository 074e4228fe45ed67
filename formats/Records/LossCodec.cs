using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>The record of a loss, for recorders and for programs that rewrite traces.</summary>
public static class LossCodec
{
    /// <summary>The record as MessagePack.</summary>
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

    /// <summary>Reads a record. A missing number is 0.</summary>
    /// <param name="from">Stands after the kind.</param>
    /// <param name="pairs">How many keys follow.</param>
    /// <exception cref="BadRecordException">A value is of another type.</exception>
    internal static LossRecord Read(ref MessagePackReader from, int pairs)
    {
        var loss = new LossRecord();
        for (int i = 0; i < pairs; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case "from":
                    loss = loss with { FromNs = RecordReader.ReadInteger(ref from) };
                    break;
                case "to":
                    loss = loss with { ToNs = RecordReader.ReadInteger(ref from) };
                    break;
                case "source":
                    loss = loss with { Source = (LossSource)RecordReader.ReadInteger(ref from) };
                    break;
                case "count":
                    loss = loss with { Count = RecordReader.ReadInteger(ref from) };
                    break;
                case "total":
                    loss = loss with { Total = RecordReader.ReadInteger(ref from) };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return loss;
    }
}
