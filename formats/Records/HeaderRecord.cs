using MessagePack;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>The first record of a trace, for recorders and for programs that rewrite traces.</summary>
public static class HeaderRecord
{
    /// <summary>The record as MessagePack.</summary>
    public static byte[] Encode(TraceHeader header)
    {
        return RecordBytes.Of(RecordKind.Header, KeysOf(header), (ref MessagePackWriter record) => Write(ref record, header));
    }

    private static void Write(ref MessagePackWriter record, TraceHeader header)
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
        if (header.Earlier > 0)
        {
            record.Write("earlier");
            record.Write(header.Earlier);
        }
        record.Write("clock");
        ClockCodec.Write(ref record, header.Clock);
        if (header.Copies.Count > 0)
        {
            record.Write("copies");
            WriteCopies(ref record, header.Copies);
        }
        if (header.Merged.Count > 0)
        {
            record.Write("merged");
            record.WriteArrayHeader(header.Merged.Count);
            foreach (MergedSource source in header.Merged)
                Write(ref record, source);
        }
        if (header.Absent.Count > 0)
        {
            record.Write("absent");
            record.WriteArrayHeader(header.Absent.Count);
            foreach (AbsentNode absent in header.Absent)
                WriteStrings(ref record, [absent.Node, absent.Why]);
        }
    }

    private const string Offset = "offset", Bound = "bound", Pairs = "pairs";

    /// <summary>A header within a header, and what is known of its clock.</summary>
    private static void Write(ref MessagePackWriter to, MergedSource source)
    {
        TraceHeader header = source.Header with { Merged = [], Absent = [] };
        to.WriteMapHeader(KeysOf(header) + (source.BoundNs is null ? 2 : 3));
        to.Write(Offset);
        to.Write(source.OffsetNs);
        to.Write(Pairs);
        to.Write(source.Pairs);
        if (source.BoundNs is { } bound)
        {
            to.Write(Bound);
            to.Write(bound);
        }
        Write(ref to, header);
    }

    private static int Most(int frameBytes, int bytesOfOne) =>
        Math.Min(TraceLimits.Sources, (TraceLimits.HeaderFreeBytes + frameBytes) / bytesOfOne);

    /// <summary>A reader would refuse the header in a frame of fewer bytes.</summary>
    public static int LeastFrame(TraceHeader header) => Math.Max(
        header.Merged.Count * TraceLimits.BytesOfSource, header.Absent.Count * TraceLimits.BytesOfAbsent) - TraceLimits.HeaderFreeBytes;

    private static MergedSource[] ReadMerged(ref MessagePackReader from, int frameBytes)
    {
        var sources = new MergedSource[RecordReader.ReadCount(ref from, Most(frameBytes, TraceLimits.BytesOfSource))];
        foreach (ref MergedSource source in sources.AsSpan())
        {
            MergedSource? read = new MergedSource(new TraceHeader());
            TraceHeader header = Read(ref from, from.ReadMapHeader(), frameBytes, ref read);
            source = read! with { Header = header };
        }
        return sources;
    }

    private static int KeysOf(TraceHeader header)
    {
        const int always = 14;
        return always + new[] { header.Sources.Count, header.Refused.Count, header.Copies.Count, header.Merged.Count, header.Earlier,
            header.Absent.Count }.Count(c => c > 0);
    }

    private static void WriteCopies(ref MessagePackWriter to, IReadOnlyList<CopyNote> copies)
    {
        to.WriteArrayHeader(copies.Count);
        foreach (CopyNote copy in copies)
            WriteStrings(ref to, [copy.How, copy.Options, copy.Tool]);
    }

    private static CopyNote[] ReadCopies(ref MessagePackReader from)
    {
        const int parts = 3;
        var copies = new CopyNote[RecordReader.ReadCount(ref from, TraceLimits.Copies)];
        foreach (ref CopyNote copy in copies.AsSpan())
        {
            string[] all = RecordReader.ReadStrings(ref from);
            copy = all.Length >= parts ? new CopyNote(all[0], all[1], all[2])
                : throw new BadRecordException($"a copy of {parts} parts", $"{all.Length}");
        }
        return copies;
    }

    private static AbsentNode[] ReadAbsent(ref MessagePackReader from, int frameBytes)
    {
        var nodes = new AbsentNode[RecordReader.ReadCount(ref from, Most(frameBytes, TraceLimits.BytesOfAbsent))];
        foreach (ref AbsentNode node in nodes.AsSpan())
        {
            string[] all = RecordReader.ReadStrings(ref from);
            node = all.Length >= 2 ? new AbsentNode(Beginning(all[0]), Beginning(all[1]))
                : throw new BadRecordException("a node and why it is absent", $"a list of {all.Length}");
        }
        return [.. nodes.Where(n => n.Node.Length > 0).DistinctBy(n => n.Node)];

        static string Beginning(string text) => text.Length <= TraceLimits.NodeChars ? text : text[..TraceLimits.NodeChars];
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
    /// <param name="frameBytes">The size of the record's frame, which bounds what it may hold.</param>
    /// <exception cref="BadRecordException">It has no format version, or a value of another type.</exception>
    internal static TraceHeader Read(ref MessagePackReader from, int pairs, int frameBytes)
    {
        MergedSource? none = null;
        TraceHeader header = Read(ref from, pairs, frameBytes, ref none);
        return header.Major > 0 ? header : throw new BadRecordException("a format version", "none");
    }

    /// <param name="from">At the first key.</param>
    /// <param name="pairs">How many keys follow.</param>
    /// <param name="frameBytes">The size of the record's frame.</param>
    /// <param name="source">For the header of a merged trace's source: gets what is said of its clock; null: it is the trace's own.</param>
    private static TraceHeader Read(ref MessagePackReader from, int pairs, int frameBytes, ref MergedSource? source)
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
                case "earlier":
                    header = header with { Earlier = Math.Max(0, RecordReader.ReadInteger(ref from)) };
                    break;
                case "merged" when source is null:
                    header = header with { Merged = ReadMerged(ref from, frameBytes) };
                    break;
                case Offset when source is not null:
                    source = source with { OffsetNs = RecordReader.ReadInteger(ref from) };
                    break;
                case Bound when source is not null:
                    source = source with { BoundNs = RecordReader.ReadInteger(ref from) };
                    break;
                case Pairs when source is not null:
                    source = source with { Pairs = (int)Math.Clamp(RecordReader.ReadInteger(ref from), 0, int.MaxValue) };
                    break;
                case "copies":
                    header = header with { Copies = ReadCopies(ref from) };
                    break;
                case "absent" when source is null:
                    header = header with { Absent = ReadAbsent(ref from, frameBytes) };
                    break;
                case "clock":
                    header = header with { Clock = ClockCodec.Read(ref from) };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return header;
    }
}
