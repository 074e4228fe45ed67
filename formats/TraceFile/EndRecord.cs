using MessagePack;

namespace TcpTracer.Formats.TraceFile;

/// <summary>The last record, which recorders and rewriters both write.</summary>
public static class EndRecord
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(TraceEnd end)
    {
        return RecordBytes.Of(RecordKind.End, 4, (ref MessagePackWriter record) =>
        {
            record.Write("cause");
            record.Write(end.Cause);
            record.Write("captured");
            record.Write(end.Captured);
            record.Write("written");
            record.Write(end.Written);
            record.Write("lost");
            record.Write(end.Lost);
        });
    }
}
