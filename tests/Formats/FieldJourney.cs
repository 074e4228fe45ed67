using System.Reflection;
using System.Text;
using TcpTracer.Bpf;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Formats;

/// <summary>
/// Events with another value in each place, found by reflection: a new field of the kernel's record, of the event or of a process is in here without a word,
/// and tests can ask whether it gets where it should.
/// </summary>
internal static class FieldJourney
{
    private const long End = 2_000_000_123_456_789;
    private const ulong UnifiedCgroup = 3001;
    private static readonly string s_container = new('c', 64);

    /// <summary>A part of an event, or of its owner: a number or a text that stands for itself.</summary>
    /// <param name="Name">As in the source.</param>
    /// <param name="Of">Its value.</param>
    /// <param name="Changed">The event with another value there.</param>
    public sealed record Part(string Name, Func<TcpEvent, object> Of, Func<TcpEvent, TcpEvent> Changed);

    /// <summary>What the kernel can tell, but for what comes in a record of its own or says only how to read the rest.</summary>
    public static IEnumerable<FieldInfo> RawFields => typeof(RawTcpEvent).GetFields(BindingFlags.Public | BindingFlags.Instance).Where(f => f.Name is not ("Image" or "Kind"));

    /// <summary>One kernel record for each way in which fields come and go.</summary>
    public static RawTcpEvent[] RawEvents() =>
    [
        Raw(Operation.Close, EventFlags.Mptcp), Raw(Operation.Close, EventFlags.Unfinished), Raw(Operation.Accept, EventFlags.None),
        Raw(Operation.ConnectFailed, EventFlags.NoSyn), Raw(Operation.Existing, EventFlags.Uncounted), Raw(Operation.Connect, EventFlags.Late),
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
        type == typeof(Bytes16) ? Bytes(Encoding.ASCII.GetBytes($"name-{number}")) : type == typeof(byte) ? (byte)number : Convert.ChangeType(number, type);

    private static Bytes16 Bytes(ReadOnlySpan<byte> bytes)
    {
        var to = new Bytes16();
        bytes.CopyTo(to);
        return to;
    }

    /// <summary>The same with another value in one field.</summary>
    public static RawTcpEvent With(RawTcpEvent raw, FieldInfo field)
    {
        object changed = raw;
        object old = field.GetValue(raw)!;
        const byte inet6 = 10;
        field.SetValue(changed, field.Name == nameof(RawTcpEvent.Family) ? inet6 : old is Bytes16 bytes ? Bytes([9, (byte)'y', .. ((ReadOnlySpan<byte>)bytes)[2..]])
            : Convert.ChangeType(Convert.ToInt64(old) + 1, field.FieldType));
        return (RawTcpEvent)changed;
    }

    /// <summary>What is known of pods: where the events' owner runs, and whose the far end's address is.</summary>
    public static WorkloadView View { get; } = new WorkloadView(new SafeText(TraceBytes.Header.Node)).With(new WorkloadChange(End - 500_000_000)
    {
        Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, UnifiedCgroup, $"/kubepods/burstable/podshop-uid/{s_container}")],
        Containers = [new ContainerInfo(s_container, "shop-uid", "server", "example/server:7")],
        Pods = [new PodInfo("shop-uid", "market", "shop-0") { Node = "node-1", Owner = "StatefulSet/shop", Labels = PodInfo.NoLabels.Add("app", "shop") }],
        Services = [new ServiceInfo("db-uid", "data", "db", [new AddressClaim(new Address([10, 0, 0, 18]), 0)])],
    });

    /// <summary>What the recorder makes of it; the paths of programs come in records of their own.</summary>
    public static TcpEvent Decode(RawTcpEvent raw)
    {
        new RawEventDecoder(new ProcessImages()).Decode(in raw, out TcpEvent e);
        e.Process = e.Process with { Exe = new SafeText("/usr/bin/server"), Args = new SafeText("server\0--port=8080") };
        return Named(e);
    }

    private static TcpEvent Named(TcpEvent e)
    {
        e.WallNs = TraceBytes.Clock.ToWall(e.TimestampNs);
        e.NameBy(View);
        return e;
    }

    /// <summary>A finished trace.</summary>
    public static byte[] Trace(IEnumerable<TcpEvent> events)
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1), View, MetadataScope.Cluster);
        foreach (TcpEvent e in events)
            writer.OnEvent(in e);
        writer.Finish(new TraceEnd("test", 0, 0, 0));
        return to.ToArray();
    }

    /// <summary>The events of a trace, with the names that it has for them.</summary>
    public static TcpEvent[] Read(byte[] trace)
    {
        TraceContents contents = TraceContents.Of(trace);
        WorkloadView view = contents.Workloads.Aggregate(new WorkloadView(new SafeText(TraceBytes.Header.Node)), (known, change) => known.With(change));
        return [.. contents.Events.Select(e =>
        {
            e.NameBy(view);
            return e;
        })];
    }

    /// <summary>The parts of an event, but for what is derived from others.</summary>
    public static Part[] Parts { get; } = [.. typeof(TcpEvent).GetFields().Where(f => f.Name is not ("WallNs" or "View" or "Workload")).SelectMany(PartsOf)];

    private static IEnumerable<Part> PartsOf(FieldInfo field)
    {
        if (field.FieldType != typeof(ProcessIdentity) && field.FieldType != typeof(ProcessName))
            return [new Part(field.Name, e => field.GetValue(e)!, e => Set(e, field, Other(field.GetValue(e)!)))];
        return field.FieldType.GetProperties().Where(p => p.PropertyType != typeof(ProcessName)).Select(p => new Part($"{field.Name}.{p.Name}", e => p.GetValue(field.GetValue(e))!, e =>
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

    /// <summary>What a field shows of an event; null: it does not apply.</summary>
    public static string? Text(Field field, TcpEvent e)
    {
        if (field.Applies is { } applies && !applies(in e))
            return null;
        var text = new TextBuffer();
        field.Text(text, in e);
        return Encoding.UTF8.GetString(text.Written);
    }
}
