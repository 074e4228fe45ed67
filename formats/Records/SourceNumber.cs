using MessagePack;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>The number of a trace among those that were merged.</summary>
internal static class SourceNumber
{
    /// <summary>Reads one.</summary>
    public static int Read(ref MessagePackReader from)
    {
        long number = RecordReader.ReadInteger(ref from);
        return number is >= 0 and < TraceLimits.Sources ? (int)number
            : throw new BadRecordException($"a source below {TraceLimits.Sources}", $"{number}");
    }
}
