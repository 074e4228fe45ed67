using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>The record of a clock sample, for recorders and for programs that rewrite traces.</summary>
public static class ClockRecord
{
    /// <summary>The record as MessagePack.</summary>
    public static byte[] Encode(in ClockSample sample)
    {
        ClockSample clock = sample;
        return RecordBytes.Of(RecordKind.Clock, 1, (ref MessagePackWriter record) =>
        {
            record.Write("clock");
            ClockCodec.Write(ref record, clock);
        });
    }

    /// <summary>Reads a record.</summary>
    /// <param name="from">Stands after the kind.</param>
    /// <param name="pairs">How many keys follow.</param>
    /// <exception cref="BadRecordException">It has no clock sample.</exception>
    internal static ClockSample Read(ref MessagePackReader from, int pairs)
    {
        ClockSample? sample = null;
        for (int i = 0; i < pairs; i++)
        {
            if (RecordReader.ReadString(ref from) == "clock")
                sample = ClockCodec.Read(ref from);
            else
                RecordReader.Skip(ref from);
        }
        return sample ?? throw new BadRecordException("a clock sample", "none");
    }
}
