using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>A clock sample, which recorders and rewriters both write.</summary>
public static class ClockRecord
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(in ClockSample sample)
    {
        ClockSample clock = sample;
        return RecordBytes.Of(RecordKind.Clock, 1, (ref MessagePackWriter record) =>
        {
            record.Write("clock");
            ClockCodec.Write(ref record, clock);
        });
    }
}
