using System.Text;
using MessagePack;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Records;
using static TcpTracer.Tests.Formats.TraceFile.Fillers;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>A block of events of which one part can be changed.</summary>
internal sealed class HostileBlock
{
    public long Rows = 2, Openings = 2;
    public string[] Keys = ["n", "openings", "clock", "d", "c"];
    public string[] Columns =
        ["ts", "kind", "back", "local", "remote", "port", "age", "cpu", "fd", "other", "sent", "received", "retransmits", "srtt"];
    public Dictionary<string, TraceBytes.Filler> Instead = [];

    public byte[] Pack() => TraceBytes.Pack((ref MessagePackWriter to) =>
    {
        to.WriteMapHeader(Keys.Length + 1);
        to.Write("t");
        to.Write("events");
        foreach (string key in Keys)
        {
            to.Write(key);
            if (Instead.TryGetValue(key, out TraceBytes.Filler? other))
                other(ref to);
            else
                WriteValue(ref to, key);
        }
    });

    private void WriteValue(ref MessagePackWriter to, string key)
    {
        switch (key)
        {
            case "n":
                to.Write(Rows);
                break;
            case "openings":
                to.Write(Openings);
                break;
            case "clock":
                ClockCodec.Write(ref to, TraceBytes.Clock);
                break;
            case "d":
                WriteMap(ref to, "d.", ["kind", "process", "address", "local", "remote", "other"]);
                break;
            default:
                WriteMap(ref to, "c.", Columns);
                break;
        }
    }

    private void WriteMap(ref MessagePackWriter to, string prefix, string[] keys)
    {
        to.WriteMapHeader(keys.Length);
        foreach (string key in keys)
        {
            to.Write(key);
            if (Instead.TryGetValue(prefix + key, out TraceBytes.Filler? other))
                other(ref to);
            else
                WriteEntry(ref to, prefix + key);
        }
    }

    private static void WriteEntry(ref MessagePackWriter to, string key)
    {
        switch (key)
        {
            case "d.kind":
                List(Numbers(1, 0, 1, 0, 0))(ref to);
                break;
            case "d.process":
                to.WriteArrayHeader(1);
                ProcessCodec.Write(ref to, new(1, 1, 0, 0, 0, new("a"), new("b"), 1, 1, 1, 1, 0));
                break;
            case "d.address":
                List(Bytes(10, 0, 0, 1))(ref to);
                break;
            case "d.other":
                List()(ref to);
                break;
            case "d.local":
                Table(3)(ref to);
                break;
            case "d.remote":
                Table(2)(ref to);
                break;
            default:
                bool opening = EventColumns.Parse(Encoding.UTF8.GetBytes(key[2..])) is { } column
                    && EventColumns.RowsOf(column) == RowSet.Opening;
                Column(0, 0, 0, [], 0, opening ? -1 : 0)(ref to);
                break;
        }
    }

    private static TraceBytes.Filler Table(int columns) =>
        List([Number(1), .. Enumerable.Repeat(Column(0, 0, 0, [], 0, 0), columns)]);

    /// <summary>A column as it stands in the file.</summary>
    public static TraceBytes.Filler Column(int encoding, int width, long start, byte[] payload, long first, long rows) =>
        List(Number(encoding), Number(width), Number(start), Bytes(payload), Number(first), Number(rows));

    /// <summary>A column whose values stand there as they are.</summary>
    public static TraceBytes.Filler Plain(params TraceBytes.Filler[] values) => List(Number(3), Number(0), Number(0), List(values));
}
