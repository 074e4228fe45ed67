using MessagePack;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Records;

/// <summary>The keys <c>sources</c> and <c>unnamed</c> of the end record.</summary>
internal static class NamesAtEndCodec
{
    /// <summary>The keys in the end record.</summary>
    public const string Sources = "sources", Unnamed = "unnamed";

    private const string Name = "name", State = "state", Problem = "problem", First = "first", Last = "last", Failures = "failures",
        Failed = "failed";

    /// <summary>Writes both keys.</summary>
    public static void Write(ref MessagePackWriter to, NamesAtEnd names)
    {
        to.Write(Sources);
        to.WriteArrayHeader(names.Sources.Count);
        foreach (SourceAtEnd source in names.Sources)
            Write(ref to, source);
        to.Write(Unnamed);
        (string Name, long Count)[] counts = [.. names.Unnamed.Counts];
        to.WriteMapHeader(counts.Length);
        foreach ((string name, long count) in counts)
        {
            to.Write(name);
            to.Write(count);
        }
    }

    private static void Write(ref MessagePackWriter to, SourceAtEnd source)
    {
        const int always = 4;
        int times = (source.FirstNs is null ? 0 : 1) + (source.LastNs is null ? 0 : 1);
        to.WriteMapHeader(always + (source.Problem.Length > 0 ? 1 : 0) + times);
        to.Write(Name);
        to.Write(source.Name);
        to.Write(State);
        to.Write(source.State);
        to.Write(Failures);
        to.Write(source.Failures);
        to.Write(Failed);
        to.Write(source.FailedNs);
        if (source.Problem.Length > 0)
        {
            to.Write(Problem);
            to.Write(source.Problem);
        }
        WriteTime(ref to, First, source.FirstNs);
        WriteTime(ref to, Last, source.LastNs);
    }

    private static void WriteTime(ref MessagePackWriter to, string key, long? ns)
    {
        if (ns is not { } time)
            return;
        to.Write(key);
        to.Write(time);
    }

    /// <summary>Reads the value of <see cref="Sources"/>.</summary>
    public static SourceAtEnd[] ReadSources(ref MessagePackReader from)
    {
        var sources = new SourceAtEnd[RecordReader.ReadCount(ref from, TraceLimits.Sources)];
        foreach (ref SourceAtEnd source in sources.AsSpan())
        {
            source = new SourceAtEnd("", "");
            int pairs = from.ReadMapHeader();
            for (int i = 0; i < pairs; i++)
                source = Read(ref from, source);
        }
        return sources;
    }

    private static SourceAtEnd Read(ref MessagePackReader from, SourceAtEnd source)
    {
        switch (RecordReader.ReadString(ref from))
        {
            case Name:
                return source with { Name = RecordReader.ReadString(ref from) };
            case State:
                return source with { State = RecordReader.ReadString(ref from) };
            case Problem:
                return source with { Problem = RecordReader.ReadString(ref from) };
            case First:
                return source with { FirstNs = RecordReader.ReadInteger(ref from) };
            case Last:
                return source with { LastNs = RecordReader.ReadInteger(ref from) };
            case Failures:
                return source with { Failures = RecordReader.ReadInteger(ref from) };
            case Failed:
                return source with { FailedNs = RecordReader.ReadInteger(ref from) };
            default:
                RecordReader.Skip(ref from);
                return source;
        }
    }

    /// <summary>Reads the value of <see cref="Unnamed"/>.</summary>
    public static UnnamedEvents ReadUnnamed(ref MessagePackReader from)
    {
        var unnamed = new UnnamedEvents();
        int pairs = from.ReadMapHeader();
        for (int i = 0; i < pairs; i++)
            unnamed = unnamed.With(RecordReader.ReadString(ref from), RecordReader.ReadInteger(ref from));
        return unnamed;
    }
}
