using System.Reflection;
using System.Text;
using TcpTracer.Bpf;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Live;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Formats;

/// <summary>
/// Events with a different value in each place, which reflection finds. So a new field of the kernel's record, of the event or of a process
/// is here at once, and tests can ask whether it arrives.
/// </summary>
internal static class FieldJourney
{
    private const long End = 2_000_000_123_456_789;
    private const ulong UnifiedCgroup = 3001, FarCgroup = 3002, FarCgroupV1 = 3003;
    private static readonly string s_container = new('c', 64), s_farContainer = new('d', 64);

    /// <summary>A part of an event or of its owner: a number or a text.</summary>
    /// <param name="Name">Its name in the source.</param>
    /// <param name="Of">Returns its value.</param>
    /// <param name="Changed">Returns the event with another value in this part.</param>
    public sealed record Part(string Name, Func<TcpEvent, object> Of, Func<TcpEvent, TcpEvent> Changed);

    /// <summary>The fields of the kernel's record, except those that have a record of their own or only say how to read the rest.</summary>
    public static IEnumerable<FieldInfo> RawFields =>
        typeof(RawTcpEvent).GetFields(BindingFlags.Public | BindingFlags.Instance).Where(f => f.Name is not ("Image" or "Kind"));

    /// <summary>Kernel records of different kinds: each has fields that the others lack.</summary>
    public static RawTcpEvent[] RawEvents() =>
    [
        Raw(Operation.Close, EventFlags.Mptcp), Raw(Operation.Close, EventFlags.Unfinished), Raw(Operation.Accept, EventFlags.None),
        Raw(Operation.ConnectFailed, EventFlags.NoSyn), Raw(Operation.Existing, EventFlags.Uncounted),
        Raw(Operation.Connect, EventFlags.Late),
    ];

    private static RawTcpEvent Raw(Operation operation, EventFlags flags)
    {
        object raw = new RawTcpEvent();
        int number = 0;
        foreach (FieldInfo field in typeof(RawTcpEvent).GetFields(BindingFlags.Public | BindingFlags.Instance))
            field.SetValue(raw, Distinct(field.FieldType, 1_000 + 7 * ++number));
        return (RawTcpEvent)raw with
        {
            Timestamp = End,
            Start = End - 123_456_700,
            Closed = End - 7_654_300,
            Family = 2,
            Saddr = Bytes([10, 0, 0, 17]),
            Daddr = Bytes([10, 0, 0, 18]),
            Error = 111,
            Operation = (byte)operation,
            Flags = (byte)flags,
            Reason = (byte)Reason.PeerClose,
            Attribution = (byte)Attribution.Stored,
            Cgroup = UnifiedCgroup,
        };
    }

    private static object Distinct(Type type, int number) =>
        type == typeof(Bytes16) ? Bytes(Encoding.ASCII.GetBytes($"name-{number}"))
            : type == typeof(byte) ? (byte)number
            : Convert.ChangeType(number, type);

    private static Bytes16 Bytes(ReadOnlySpan<byte> bytes)
    {
        var to = new Bytes16();
        bytes.CopyTo(to);
        return to;
    }

    /// <summary>The same record with another value in one field.</summary>
    public static RawTcpEvent With(RawTcpEvent raw, FieldInfo field)
    {
        object changed = raw;
        object old = field.GetValue(raw)!;
        const byte inet6 = 10;
        field.SetValue(changed, field.Name == nameof(RawTcpEvent.Family) ? inet6
            : old is Bytes16 bytes ? Bytes([9, (byte)'y', .. ((ReadOnlySpan<byte>)bytes)[2..]])
            : Convert.ChangeType(Convert.ToInt64(old) + 1, field.FieldType));
        return (RawTcpEvent)changed;
    }

    /// <summary>The names that are known: the pods at both ends, and what has the remote address.</summary>
    public static WorkloadView View { get; } = new WorkloadView(new SafeText(TraceBytes.Header.Node)).With(
        new WorkloadChange(End - 500_000_000)
        {
            Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, UnifiedCgroup, $"/kubepods/burstable/podshop-uid/{s_container}"),
                new CgroupInfo(CgroupHierarchy.Unified, FarCgroup, $"/kubepods/burstable/poddbpod-uid/{s_farContainer}")],
            Containers = [new ContainerInfo(s_container, "shop-uid", "server", "example/server:7")],
            Pods =
            [
                new PodInfo("shop-uid", "market", "shop-0")
                {
                    Node = "node-1", Owner = "StatefulSet/shop", Labels = PodInfo.NoLabels.Add("app", "shop")
                },
                new PodInfo("dbpod-uid", "data", "db-0"),
            ],
            Services = [new ServiceInfo("db-uid", "data", "db", [new AddressClaim(new Address([10, 0, 0, 18]), 0)])],
        });

    /// <summary>The event that the recorder makes of a record. The paths of programs come in records of their own.</summary>
    public static TcpEvent Decode(RawTcpEvent raw) => Decode(raw, new RawEventDecoder(new ProcessImages()));

    /// <summary>The event that a decoder makes of a record. It may have decoded others before.</summary>
    public static TcpEvent Decode(RawTcpEvent raw, RawEventDecoder decoder)
    {
        decoder.Decode(in raw, out TcpEvent e);
        e.Process = e.Process with { Exe = new SafeText("/usr/bin/server"), Args = new SafeText("server\0--port=8080") };
        (e.FarCgroup, e.FarCgroupV1) = (FarCgroup, FarCgroupV1); // of an event of the other end: BothEndsTests
        return Named(e);
    }

    private static TcpEvent Named(TcpEvent e)
    {
        e.WallNs = TraceBytes.Clock.ToWall(e.TimestampNs);
        e.NameBy(View);
        return e;
    }

    /// <summary>A complete trace.</summary>
    public static byte[] Trace(IEnumerable<TcpEvent> events)
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1), View, MetadataScope.Cluster);
        foreach (TcpEvent e in events)
            writer.OnEvent(in e);
        writer.Finish(new TraceEnd("test", 0, 0, 0));
        return to.ToArray();
    }

    /// <summary>The events of a trace, with the names that the trace has for them.</summary>
    public static TcpEvent[] Read(byte[] trace)
    {
        TraceContents contents = TraceContents.Of(trace);
        WorkloadView view =
            contents.Workloads.Aggregate(new WorkloadView(new SafeText(TraceBytes.Header.Node)), (known, change) => known.With(change));
        return [.. contents.Events.Select(e =>
        {
            e.NameBy(view);
            return e;
        })];
    }

    /// <summary>The parts of an event, except those that are derived from others.</summary>
    public static Part[] Parts { get; } =
        [.. typeof(TcpEvent).GetFields().Where(f => f.Name is not ("WallNs" or "View" or "Workload")).SelectMany(PartsOf)];

    private static IEnumerable<Part> PartsOf(FieldInfo field)
    {
        if (field.FieldType != typeof(ProcessIdentity) && field.FieldType != typeof(ProcessName))
            return [new Part(field.Name, e => field.GetValue(e)!, e => Set(e, field, Other(field.GetValue(e)!)))];
        // A merge of traces sets the source, and no recorder: MergeTests follows it
        return field.FieldType.GetProperties().Where(p => p.PropertyType != typeof(ProcessName) && p.Name != "Source").Select(p =>
            new Part($"{field.Name}.{p.Name}", e => p.GetValue(field.GetValue(e))!, e =>
        {
            object copy = field.GetValue(e) is ProcessIdentity process ? process with { } : e.Other with { };
            p.SetValue(copy, Other(p.GetValue(copy)!));
            return Set(e, field, copy);
        }));
    }

    private static TcpEvent Set(TcpEvent e, FieldInfo field, object value)
    {
        object boxed = e;
        field.SetValue(boxed, value);
        return Named((TcpEvent)boxed);
    }

    private static object Other(object value) => value switch
    {
        SafeText text => new SafeText($"{text}x"),
        Address address => new Address([.. address.Bytes[..^1], (byte)(address.Bytes[^1] + 64)]),
        EventFlags flags => flags ^ (EventFlags.Mptcp | EventFlags.Late),
        Enum word => Enum.ToObject(word.GetType(), Convert.ToByte(word) + 1),
        _ => Convert.ChangeType(Convert.ToDecimal(value) + 1, value.GetType()),
    };

    /// <summary>The text of a field for an event; null: it does not apply.</summary>
    public static string? Text(Field field, TcpEvent e)
    {
        if (field.Applies is { } applies && !applies(in e))
            return null;
        var text = new TextBuffer();
        field.Text(text, in e);
        return Encoding.UTF8.GetString(text.Written);
    }
}
