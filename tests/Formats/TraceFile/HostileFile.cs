using System.Buffers.Binary;
using System.IO.Hashing;
using MessagePack;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>
/// Makes files from everything that a stranger can choose: how many, how long, how deep, how often, and which part refers to which. Each
/// number is small, large, at a limit, or just beyond it.
/// </summary>
internal sealed class HostileFile(Random random)
{
    private const int MostBytes = 200_000;
    private static readonly int[] s_numbers =
        [0, 1, 2, 3, 7, 16, 17, 64, 255, 256, 257, 1_000, 4_096, 16_384, 16_385, 32_768, 65_535, 65_536, 65_537];

    private int Number(int most = int.MaxValue) => Math.Min(most, s_numbers[random.Next(s_numbers.Length)]);

    /// <summary>A number that is mostly small.</summary>
    private int Few(int most) => random.Next(3) > 0 ? 1 + random.Next(3) : Number(most);

    public byte[] Next()
    {
        var file = new MemoryStream();
        file.Write(TraceBytes.Start());
        for (int i = 1 + random.Next(6); i > 0; i--)
        {
            byte[] part = Part(2);
            for (int again = random.Next(2) == 0
                ? 1 : Few(100); again > 0 && (file.Length == 0 || file.Length + part.Length < MostBytes); again--)
                file.Write(part);
        }
        return file.ToArray();
    }

    private byte[] Part(int depth) => random.Next(depth > 0 ? 10 : 8) switch
    {
        0 or 1 or 7 => Headed(RecordKind.Events, Block()),
        2 or 3 => Headed(RecordKind.Metadata, Metadata()),
        4 => Headed(RecordKind.Loss, Fillers.Record("loss", ("source", Integer()), ("count", Integer()), ("from", Integer()))),
        5 => Headed(RecordKind.Clock, Fillers.Record("clock",
            ("clock", (ref MessagePackWriter to) => ClockCodec.Write(ref to, TraceBytes.Clock)))),
        6 => Headed(RecordKind.Header, Header()),
        8 => Stored(Part(depth - 1), random.Next(2) == 0),
        _ => [.. Part(depth - 1), .. Bytes(Number(1_000))],
    };

    /// <summary>A record with a block header, with a wrong one, or with none.</summary>
    private byte[] Headed(RecordKind kind, byte[] raw)
    {
        bool isOne = raw.Length is > 0 and <= TraceLimits.RawBytes;
        if (isOne && random.Next(8) == 0)
            return TraceBytes.FrameUnchecked(raw); // as small as possible, perhaps too small
        byte[] record = isOne ? TraceBytes.Record(kind, raw, (uint)random.Next(5)) : Bytes(30);
        int header = 8 + BlockHeader.MinBytes;
        if (record.Length <= header)
            return record;
        byte[] frame = record[header..];
        return random.Next(4) switch
        {
            0 => frame,
            1 => [.. TraceBytes.HeaderFrame(new BlockHeader
            {
                Kind = kind,
                FrameBytes = random.Next(2) == 0 ? frame.Length : Number(),
                RawBytes = Number(), Rows = Number(), Operations = uint.MaxValue,
                MinTimestamp = Number(),
                MaxTimestamp = random.Next(2) == 0 ? long.MaxValue : Number(),
                Counts = [.. Enumerable.Repeat(uint.MaxValue, random.Next(9))],
            }), .. frame],
            _ => record,
        };
    }

    /// <summary>A header, also of a merged trace, with very many sources that say nothing, or nodes that gave nothing.</summary>
    private byte[] Header()
    {
        bool isMerged = random.Next(2) == 0;
        TraceBytes.Filler sources = List(isMerged ? Few(5_000) : 0, (ref MessagePackWriter to, int i) => to.WriteMapHeader(0));
        TraceBytes.Filler absent = List(isMerged ? Few(5_000) : 0, (ref MessagePackWriter to, int i) =>
        {
            to.WriteArrayHeader(2);
            to.Write(i % 3 == 0 ? "" : $"{i}");
            to.Write("");
        });
        return Fillers.Record("header", ("major", Fillers.Number(1)), ("command", Strings()), ("node", Text()), ("merged", sources),
            ("absent", absent));
    }

    /// <summary>A block that is mostly within the limits, and as large as they allow: a refused block would cost nothing.</summary>
    private byte[] Block()
    {
        BlockShape any = AnyBlock();
        int texts = 2 * any.Command.Length + any.Arguments.Length; // of one process; what is far beyond the limit of a record is as good
        any = any with { Processes = Math.Min(any.Processes, 1 + 4 * TraceLimits.RawBytes / (texts + 1)) };
        return (random.Next(4) == 0 ? any : any with
        {
            Rows = Math.Clamp(any.Rows, 1, 12_000),
            Repeats = 1,
            Locals = Math.Clamp(any.Rows, 1, 12_000),
            Remotes = Math.Clamp(any.Remotes, 1, Math.Clamp(any.Rows, 1, 12_000)),
            Kinds = Math.Clamp(any.Kinds, 1, 16_384),
            Processes = Math.Clamp(any.Processes, 1, 16_384),
            Addresses = Math.Clamp(any.Addresses, 1, 32_768),
            Others = Math.Min(any.Others, 16_384),
            Command = any.Command[..Math.Min(any.Command.Length, 256)],
            Unknown = null,
            IsPadded = true,
        }).Pack();
    }

    private BlockShape AnyBlock() => new()
    {
        Rows = Number(),
        Encoding = random.Next(4) == 0 ? 2 : 0,
        Repeats = random.Next(4) == 0 ? Few(20) : 1,
        Locals = Few(20_000), Remotes = Few(20_000), Kinds = Few(20_000), Processes = Few(20_000), Addresses = Few(40_000),
        Others = random.Next(3) == 0 ? Few(20_000) : 0,
        Command = Bytes(random.Next(3) == 0 ? Number(70_000) : 5, sameByte: true),
        Cgroup = (ulong)random.Next(3),
        Unknown = random.Next(3) == 0 ? Nested() : null,
        Collides = random.Next(4) == 0,
        Arguments = random.Next(4) == 0 ? Bytes(Number(70_000), sameByte: true) : [],
        IsPadded = random.Next(2) == 0,
    };

    private byte[] Metadata()
    {
        string path = random.Next(2) == 0 ? "/kubepods/podX/c" : new string('/', Number(70_000));
        string uid = random.Next(4) == 0 ? new string('u', Number(20_000)) : ""; // long keys that differ only at their ends
        bool collide = random.Next(2) == 0;
        (string, TraceBytes.Filler)[] pairs =
        [
            ("at", Integer()), ("checkpoint", (ref MessagePackWriter to) => to.Write(random.Next(2) == 0)),
            ("cgroups", List(Few(70_000), (ref MessagePackWriter to, int i) =>
            {
                to.WriteArrayHeader(3);
                to.Write(0);
                to.Write(collide ? (ulong)i << 32 | (uint)i : (ulong)i);
                to.Write(path);
            })),
            ("pods", List(Few(70_000), (ref MessagePackWriter to, int i) =>
            {
                to.WriteArrayHeader(7);
                to.Write(i == 0 ? "X" : $"{uid}{i}");
                for (int n = 0; n < 4; n++)
                    Text()(ref to);
                int labels = random.Next(5) == 0 ? Few(1_000) : 0;
                to.WriteMapHeader(labels);
                for (int n = 0; n < labels; n++)
                {
                    to.Write($"{n}");
                    Text()(ref to);
                }
                Claims(ref to);
            })),
            ("nodes", List(Few(1_000), (ref MessagePackWriter to, int i) => { to.WriteArrayHeader(2); to.Write($"{i}"); Claims(ref to); })),
            ("forgotten", List(Few(70_000), (ref MessagePackWriter to, int i) =>
            {
                to.WriteArrayHeader(2);
                to.Write(1 + i % 5);
                to.Write($"{i}");
            })),
        ];
        random.Shuffle(pairs);
        return Fillers.Record("metadata", [.. pairs.Take(1 + random.Next(pairs.Length)), .. random.Next(3) == 0 ? pairs.Take(2) : []]);
    }

    private void Claims(ref MessagePackWriter to)
    {
        int claims = random.Next(4) == 0 ? Few(1_000) : 0;
        bool atOnce = random.Next(2) == 0;
        to.WriteArrayHeader(claims);
        for (int i = 0; i < claims; i++)
        {
            to.WriteArrayHeader(3);
            to.Write((byte[])[1, 1, 1, (byte)random.Next(3)]);
            to.Write(atOnce ? 1 : i);
            to.WriteNil();
        }
    }

    private delegate void Entry(ref MessagePackWriter to, int index);

    private static TraceBytes.Filler List(int count, Entry entry) => (ref MessagePackWriter to) =>
    {
        const int enough = 2 << 20;
        to.WriteArrayHeader(count);
        for ((int i, int bytes) = (0, 0); i < count && bytes < enough; i++) // a record that is cut off is damage, too
        {
            int index = i;
            byte[] packed = TraceBytes.Pack((ref MessagePackWriter inner) => entry(ref inner, index));
            to.WriteRaw(packed);
            bytes += packed.Length;
        }
    };

    private TraceBytes.Filler Integer()
    {
        long number = random.Next(3) switch { 0 => Number(), 1 => long.MinValue, _ => long.MaxValue };
        return Fillers.Number(number);
    }

    private TraceBytes.Filler Text()
    {
        string text = new((char)random.Next(1, 128), random.Next(20) == 0 ? Number(70_000) : random.Next(4));
        return Fillers.Text(text);
    }

    private TraceBytes.Filler Strings() => List(Few(20_000), (ref MessagePackWriter to, int i) => to.Write(""));

    /// <summary>Arrays inside arrays, or very many values in one array.</summary>
    private TraceBytes.Filler Nested()
    {
        byte container = random.Next(2) == 0 ? (byte)0x91 : (byte)0x81;
        int levels = random.Next(12), values = Number() * random.Next(1, 30);
        return (ref MessagePackWriter to) =>
        {
            for (int i = 0; i < levels; i++)
                to.WriteRaw((byte[])(container == 0x91 ? [container] : [container, 0]));
            to.WriteArrayHeader(values);
            to.WriteRaw(Enumerable.Repeat((byte)0xc0, values).ToArray());
        };
    }

    /// <summary>A stored frame around other frames. The outer frame is bad.</summary>
    private static byte[] Stored(byte[] content, bool endsWithIt)
    {
        if (content.Length is 0 or > TraceLimits.RawBytes)
            return content;
        byte[] head = TraceBytes.Frame([1])[..19];
        head[5] = 0x70;
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(6), content.Length);
        head[14] = (byte)(XxHash32.HashToUInt32(head.AsSpan(4, 10)) >> 8);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(15), (uint)content.Length | 0x8000_0000);
        byte[] end = new byte[8];
        if (endsWithIt)
            BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(4), XxHash32.HashToUInt32(content));
        return [.. head, .. content, .. end];
    }

    private byte[] Bytes(int count, bool sameByte = false)
    {
        byte[] bytes = new byte[count];
        if (sameByte)
            Array.Fill(bytes, (byte)random.Next(1, 128));
        else
            random.NextBytes(bytes);
        return bytes;
    }
}
