using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>The last record, which recorders and rewriters both write.</summary>
public static class EndRecord
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(TraceEnd end)
    {
        return RecordBytes.Of(RecordKind.End, end.Unfinished is null ? 4 : 5, (ref MessagePackWriter record) =>
        {
            record.Write("cause");
            record.Write(end.Cause);
            record.Write("captured");
            record.Write(end.Captured);
            record.Write("written");
            record.Write(end.Written);
            record.Write("lost");
            record.Write(end.Lost);
            if (end.Unfinished is not { } unfinished)
                return;
            record.Write("unfinished");
            (string Name, long Count)[] counts = [.. unfinished.Counts];
            record.WriteMapHeader(counts.Length);
            foreach ((string name, long count) in counts)
            {
                record.Write(name);
                record.Write(count);
            }
        });
    }
}
