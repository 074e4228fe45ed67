using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>Writes and reads a clock sample: <c>[boot, wall, monotonic, uncertainty, cause]</c>, in nanoseconds.</summary>
internal static class ClockCodec
{
    private const int Parts = 5;

    public static void Write(ref MessagePackWriter to, in ClockSample clock)
    {
        to.WriteArrayHeader(Parts);
        to.Write(clock.BootNs);
        to.Write(clock.WallNs);
        to.Write(clock.MonotonicNs);
        to.Write(clock.UncertaintyNs);
        to.Write((byte)clock.Cause);
    }

    public static ClockSample Read(ref MessagePackReader from)
    {
        int count = from.ReadArrayHeader();
        if (count < Parts)
            throw new BadRecordException($"a clock sample of {Parts} parts", $"{count}");
        var sample = new ClockSample(
            RecordReader.ReadInteger(ref from), RecordReader.ReadInteger(ref from), RecordReader.ReadInteger(ref from),
            RecordReader.ReadInteger(ref from), (ClockCause)RecordReader.ReadInteger(ref from));
        RecordReader.Skip(ref from, count - Parts);
        return sample;
    }
}
