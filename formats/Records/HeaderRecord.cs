using MessagePack;

namespace TcpTracer.Formats.Records;

/// <summary>The first record, which recorders and rewriters both write.</summary>
public static class HeaderRecord
{
    /// <summary>Its MessagePack.</summary>
    public static byte[] Encode(TraceHeader header)
    {
        return RecordBytes.Of(RecordKind.Header, 14 + (header.Sources.Count > 0 ? 1 : 0) + (header.Refused.Count > 0 ? 1 : 0), (ref MessagePackWriter record) =>
        {
            record.Write("major");
            record.Write(header.Major);
            record.Write("minor");
            record.Write(header.Minor);
            record.Write("required");
            WriteStrings(ref record, header.Required);
            record.Write("run");
            record.Write(header.RunId.ToByteArray());
            record.Write("tool");
            record.Write(header.Tool);
            record.Write("node");
            record.Write(header.Node);
            record.Write("kernel");
            record.Write(header.Kernel);
            record.Write("machine");
            record.Write(header.Machine);
            record.Write("cpus");
            record.Write(header.Cpus);
            record.Write("boot_id");
            record.Write(header.BootId);
            record.Write("command");
            WriteStrings(ref record, header.CommandLine);
            record.Write("hooks");
            WriteStrings(ref record, header.Hooks);
            if (header.Refused.Count > 0)
            {
                record.Write("refused");
                WriteStrings(ref record, header.Refused);
            }
            if (header.Sources.Count > 0)
            {
                record.Write("sources");
                WriteStrings(ref record, header.Sources);
            }
            record.Write("ring");
            record.Write(header.RingBytes);
            record.Write("clock");
            ClockCodec.Write(ref record, header.Clock);
        });
    }

    private static void WriteStrings(ref MessagePackWriter to, IReadOnlyList<string> strings)
    {
        to.WriteArrayHeader(strings.Count);
        foreach (string s in strings)
            to.Write(s);
    }
}
