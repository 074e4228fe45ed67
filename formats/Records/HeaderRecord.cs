using MessagePack;

namespace TcpTracer.Formats.Records;

/// <summary>The first record of a trace, for recorders and for programs that rewrite traces.</summary>
public static class HeaderRecord
{
    /// <summary>The record as MessagePack.</summary>
    public static byte[] Encode(TraceHeader header)
    {
        int optional = (header.Sources.Count > 0 ? 1 : 0) + (header.Refused.Count > 0 ? 1 : 0);
        return RecordBytes.Of(RecordKind.Header, 14 + optional, (ref MessagePackWriter record) =>
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

    /// <summary>Reads a record. Keys of later versions are skipped.</summary>
    /// <param name="from">Stands after the kind.</param>
    /// <param name="pairs">How many keys follow.</param>
    /// <exception cref="BadRecordException">It has no format version, or a value of another type.</exception>
    internal static TraceHeader Read(ref MessagePackReader from, int pairs)
    {
        var header = new TraceHeader { Major = 0 };
        for (int i = 0; i < pairs; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case "major":
                    header = header with { Major = (int)RecordReader.ReadInteger(ref from) };
                    break;
                case "minor":
                    header = header with { Minor = (int)RecordReader.ReadInteger(ref from) };
                    break;
                case "required":
                    header = header with { Required = RecordReader.ReadStrings(ref from) };
                    break;
                case "run":
                    byte[] run = RecordReader.ReadBytes(ref from);
                    header = header with
                    {
                        RunId = run.Length == 16 ? new Guid(run) : throw new BadRecordException("a run id of 16 bytes", $"{run.Length}"),
                    };
                    break;
                case "tool":
                    header = header with { Tool = RecordReader.ReadString(ref from) };
                    break;
                case "node":
                    header = header with { Node = RecordReader.ReadString(ref from) };
                    break;
                case "kernel":
                    header = header with { Kernel = RecordReader.ReadString(ref from) };
                    break;
                case "machine":
                    header = header with { Machine = RecordReader.ReadString(ref from) };
                    break;
                case "cpus":
                    header = header with { Cpus = (int)RecordReader.ReadInteger(ref from) };
                    break;
                case "boot_id":
                    header = header with { BootId = RecordReader.ReadString(ref from) };
                    break;
                case "command":
                    header = header with { CommandLine = RecordReader.ReadStrings(ref from) };
                    break;
                case "hooks":
                    header = header with { Hooks = RecordReader.ReadStrings(ref from) };
                    break;
                case "refused":
                    header = header with { Refused = RecordReader.ReadStrings(ref from) };
                    break;
                case "sources":
                    header = header with { Sources = RecordReader.ReadStrings(ref from) };
                    break;
                case "ring":
                    header = header with { RingBytes = (int)RecordReader.ReadInteger(ref from) };
                    break;
                case "clock":
                    header = header with { Clock = ClockCodec.Read(ref from) };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return header.Major > 0 ? header : throw new BadRecordException("a format version", "none");
    }
}
