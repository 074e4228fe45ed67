using MessagePack;
using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Records;

/// <summary>The last record of a trace, for recorders and for programs that rewrite traces.</summary>
public static class EndRecord
{
    private static readonly NamesAtEnd s_noNames = new([], default);

    /// <summary>The record as MessagePack.</summary>
    public static byte[] Encode(TraceEnd end)
    {
        const int always = 4;
        int keys = always + (end.Unfinished is null ? 0 : 1) + (end.Names is null ? 0 : 2);
        return RecordBytes.Of(RecordKind.End, keys, (ref MessagePackWriter record) =>
        {
            record.Write("cause");
            record.Write(end.Cause);
            record.Write("captured");
            record.Write(end.Captured);
            record.Write("written");
            record.Write(end.Written);
            record.Write("lost");
            record.Write(end.Lost);
            if (end.Unfinished is { } unfinished)
                Write(ref record, unfinished);
            if (end.Names is { } names)
                NamesAtEndCodec.Write(ref record, names);
        });
    }

    private static void Write(ref MessagePackWriter record, Unfinished unfinished)
    {
        record.Write("unfinished");
        (string Name, long Count)[] counts = [.. unfinished.Counts];
        record.WriteMapHeader(counts.Length);
        foreach ((string name, long count) in counts)
        {
            record.Write(name);
            record.Write(count);
        }
    }

    /// <summary>Reads a record. A missing number is 0.</summary>
    /// <param name="from">Stands after the kind.</param>
    /// <param name="pairs">How many keys follow.</param>
    /// <exception cref="BadRecordException">A value is of another type.</exception>
    internal static TraceEnd Read(ref MessagePackReader from, int pairs)
    {
        var end = new TraceEnd("", 0, 0, 0);
        for (int i = 0; i < pairs; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case "cause":
                    end = end with { Cause = RecordReader.ReadString(ref from) };
                    break;
                case "captured":
                    end = end with { Captured = RecordReader.ReadInteger(ref from) };
                    break;
                case "written":
                    end = end with { Written = RecordReader.ReadInteger(ref from) };
                    break;
                case "lost":
                    end = end with { Lost = RecordReader.ReadInteger(ref from) };
                    break;
                case "unfinished":
                    end = end with { Unfinished = ReadUnfinished(ref from) };
                    break;
                case NamesAtEndCodec.Sources:
                    SourceAtEnd[] sources = NamesAtEndCodec.ReadSources(ref from);
                    end = end with { Names = (end.Names ?? s_noNames) with { Sources = sources } };
                    break;
                case NamesAtEndCodec.Unnamed:
                    UnnamedEvents unnamed = NamesAtEndCodec.ReadUnnamed(ref from);
                    end = end with { Names = (end.Names ?? s_noNames) with { Unnamed = unnamed } };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return end;
    }

    private static Unfinished ReadUnfinished(ref MessagePackReader from)
    {
        var unfinished = new Unfinished();
        int pairs = from.ReadMapHeader();
        for (int i = 0; i < pairs; i++)
            unfinished = unfinished.With(RecordReader.ReadString(ref from), RecordReader.ReadInteger(ref from));
        return unfinished;
    }
}
