using System.Buffers;
using System.Buffers.Binary;
using K4os.Compression.LZ4;
using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Traces as bytes. The writer makes them, or tests make what no writer would; they can be taken apart again.</summary>
internal static class TraceBytes
{
    /// <summary>One frame of a file.</summary>
    /// <param name="Offset">Its offset in the file.</param>
    /// <param name="Bytes">The whole frame.</param>
    public sealed record FramePart(int Offset, byte[] Bytes)
    {
        public bool IsSkippable => Lz4Frame.IsSkippable(BinaryPrimitives.ReadUInt32LittleEndian(Bytes));
    }

    public delegate void Filler(ref MessagePackWriter to);

    public static readonly ClockSample Clock = new(1_000_000_000_000, 1_700_000_000_000_000_000, 999_000_000_000, 120, ClockCause.Start);

    public static readonly TraceHeader Header = new()
    {
        RunId = new Guid("00112233-4455-6677-8899-aabbccddeeff"), Tool = "tcptracer-tests", Node = "node-1", Kernel = "6.12.0",
        Machine = "x86_64", Cpus = 8,
        BootId = "c0ffee00-0000-4000-8000-000000000000", CommandLine = ["tcptracer", "record"], Hooks = ["one", "two"],
        RingBytes = 1 << 24, Clock = Clock,
    };

    /// <summary>A complete trace.</summary>
    /// <param name="events">Its events.</param>
    /// <param name="blockOf">How many events go into a block; null: the writer decides.</param>
    public static byte[] Write(IReadOnlyCollection<TcpEvent> events, int? blockOf = null) => Write(events, blockOf, Header);

    public static byte[] Write(IReadOnlyCollection<TcpEvent> events, int? blockOf, TraceHeader header)
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, header, TimeSpan.Zero);
        int count = 0;
        foreach (TcpEvent e in events)
        {
            writer.OnEvent(in e);
            if (++count % (blockOf ?? int.MaxValue) == 0)
                writer.OnPause();
        }
        writer.Finish(new TraceEnd("test", events.Count, events.Count, 0));
        return to.ToArray();
    }

    /// <summary>A complete trace of a chaotic cluster; changes of names are among the events.</summary>
    public static byte[] WithPods(ulong seed, int events, MetadataScope scope = MetadataScope.Cluster, bool isOneHierarchy = false)
    {
        var to = new MemoryStream();
        WorkloadView view = new WorkloadView(new SafeText(Header.Node)).With(new WorkloadChange(Clock.BootNs));
        var writer = new TraceWriter(to, Header, TimeSpan.Zero, view, scope);
        foreach ((TcpEvent recorded, WorkloadChange? recordedChange) in RandomWorkloads.Stream(seed, events))
        {
            TcpEvent e = recorded;
            WorkloadChange? change = recordedChange;
            if (isOneHierarchy)
            {
                e.Process = e.Process with { CgroupV1 = 0 };
                (e.FarCgroup, e.FarCgroupV1) = (0, 0); // a copy in hindsight has the pod at the other end from the beginning
                change = change is null ? null
                    : change with { Cgroups = [.. change.Cgroups.Where(c => c.Hierarchy == CgroupHierarchy.Unified)] };
            }
            if (change is not null)
                writer.OnWorkloads(change, view = view.With(change));
            e.NameBy(view);
            writer.OnEvent(in e);
            writer.OnPause();
        }
        writer.Finish(new TraceEnd("test", events, events, 0));
        return to.ToArray();
    }

    /// <summary>The frames of a good file.</summary>
    public static FramePart[] Split(byte[] trace)
    {
        var parts = new List<FramePart>();
        for (int offset = 0; offset < trace.Length;)
        {
            ReadOnlySpan<byte> rest = trace.AsSpan(offset);
            int length = Lz4Frame.IsSkippable(BinaryPrimitives.ReadUInt32LittleEndian(rest))
                ? 8 + BinaryPrimitives.ReadInt32LittleEndian(rest[4..])
                : Lz4Frame.ReadPromise(rest).FrameBytes;
            parts.Add(new FramePart(offset, rest[..length].ToArray()));
            offset += length;
        }
        return [.. parts];
    }

    public static byte[] Join(params IEnumerable<FramePart> parts) => [.. parts.SelectMany(p => p.Bytes)];

    /// <summary>MessagePack that a test writes.</summary>
    public static byte[] Pack(Filler fill)
    {
        var raw = new ArrayBufferWriter<byte>();
        var to = new MessagePackWriter(raw);
        fill(ref to);
        to.Flush();
        return raw.WrittenSpan.ToArray();
    }

    /// <summary>An LZ4 frame as the specification requires it.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> raw)
    {
        byte[] frame = new byte[Lz4Frame.MaxBytes(raw.Length)];
        return frame[..Lz4Frame.Write(raw, frame)];
    }

    /// <summary>The same, even if the content is too large for so few bytes; no writer does that.</summary>
    public static byte[] FrameUnchecked(ReadOnlySpan<byte> raw)
    {
        byte[] data = new byte[LZ4Codec.MaximumOutputSize(raw.Length)];
        int length = LZ4Codec.Encode(raw, data);
        byte[] stored = new byte[Lz4Frame.MaxBytes(raw.Length)];
        int end = Lz4Frame.Write(raw, stored, store: true), head = Lz4Frame.HeaderBytes;
        byte[] size = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(size, length);
        return [.. stored.AsSpan(0, head), .. size, .. data.AsSpan(0, length), .. stored.AsSpan(end - 8, 8)];
    }

    /// <summary>A record with its block header.</summary>
    public static byte[] Record(RecordKind kind, ReadOnlySpan<byte> raw, uint sequence)
    {
        byte[] frame = Frame(raw);
        return [.. HeaderFrame(new BlockHeader { Kind = kind, FrameBytes = frame.Length, RawBytes = raw.Length, Sequence = sequence,
            Operations = uint.MaxValue }), .. frame];
    }

    public static byte[] HeaderFrame(BlockHeader header)
    {
        byte[] bytes = new byte[header.FrameLength];
        header.Write(bytes);
        return bytes;
    }

    public static byte[] Skippable(int kind, ReadOnlySpan<byte> body)
    {
        byte[] bytes = new byte[8 + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Lz4Frame.SkippableMagic + (uint)kind);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), body.Length);
        body.CopyTo(bytes.AsSpan(8));
        return bytes;
    }

    /// <summary>The start of a trace and its header record. The next record has sequence number 1.</summary>
    public static byte[] Start(TraceHeader? header = null) => Join(Split(Write([], null, header ?? Header)).Take(3));

    /// <summary>A trace in which each record of a kind was changed; frames and block headers match the changes.</summary>
    public static byte[] Edit(byte[] trace, string kind, Action<Dictionary<object, object?>> edit)
    {
        var result = new List<byte>();
        byte[] header = [];
        int edited = 0;
        foreach (FramePart part in Split(trace))
        {
            if (part.IsSkippable)
            {
                result.AddRange(header);
                header = part.Bytes;
                continue;
            }
            byte[] frame = part.Bytes, raw = Raw(frame);
            var record = MessagePackSerializer.Deserialize<Dictionary<object, object?>>(raw);
            if ((string)record["t"]! == kind)
            {
                edit(record);
                edited++;
                raw = MessagePackSerializer.Serialize(record);
                frame = Frame(raw);
                BlockHeader old = BlockHeader.TryRead(header.AsSpan(8))!;
                header = HeaderFrame(old with { FrameBytes = frame.Length, RawBytes = raw.Length });
            }
            result.AddRange(header);
            result.AddRange(frame);
            header = [];
        }
        Assert.True(edited > 0, $"there is no record '{kind}' that could be changed");
        return [.. result, .. header];
    }

    /// <summary>The record inside an LZ4 frame.</summary>
    public static byte[] Raw(byte[] frame)
    {
        byte[] buffer = [];
        return Lz4Frame.Read(new TcpTracer.Formats.Records.Frame(0, frame, -1, Lz4Frame.ReadPromise(frame), false), ref buffer).ToArray();
    }
}
