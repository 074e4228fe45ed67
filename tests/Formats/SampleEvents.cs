using System.Net;
using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Tests.Formats;

/// <summary>
/// Events and traces for tests. <see cref="Seed"/> is the event in the documentation of Inspektor Gadget's first TCP tracer.
/// </summary>
internal static class SampleEvents
{
    private const long BootNs = 1_000_000_000_000, WallNs = 1_763_908_085_123_456_789; // 2025-11-23T14:28:05

    public static TcpEvent Seed { get; } = Make(Operation.Connect);

    public static TcpEvent Make(Operation operation, string comm = "wget") => Make(operation, Encoding.UTF8.GetBytes(comm));

    public static TcpEvent Make(Operation operation, byte[] comm) => new()
    {
        TimestampNs = BootNs + 1_500_000,
        WallNs = WallNs + 1_500_000,
        StartNs = BootNs,
        StartCpu = 1,
        Operation = operation,
        Attribution = Attribution.Task,
        Sport = 35108,
        Dport = 443,
        Fd = 3,
        Saddr = AddressOf("172.17.0.3"),
        Daddr = AddressOf("23.57.4.240"),
        Process = new ProcessIdentity(29610, 29610, 1000, 1001, 29600, new SafeText(comm), new SafeText("sh"), 4026531840, 1,
            4026531841, 77, 0),
        Other = ProcessName.None,
        View = WorkloadView.Empty,
        Workload = Workload.Host(new SafeText("minikube")),
    };

    public static Address AddressOf(string text) => new(IPAddress.Parse(text).GetAddressBytes());

    /// <summary>The output of <c>-o <paramref name="format"/></c>.</summary>
    public static string Print(string format, string? fields, bool headers, params TcpEvent[] events)
    {
        var to = new MemoryStream();
        var sink = new TextSink(to, EventFormat.Parse(format, fields, headers), withStatus: true);
        foreach (TcpEvent e in events)
            sink.OnEvent(in e);
        sink.OnPause();
        return Encoding.UTF8.GetString(to.ToArray());
    }

    /// <summary>A whole trace file.</summary>
    public static byte[] Trace(TraceHeader? header = null, bool finished = true, params TcpEvent[] events)
    {
        var to = new MemoryStream();
        var clock = new ClockSample(BootNs, WallNs, BootNs, 100, ClockCause.Start);
        header ??= new TraceHeader();
        header = header with { Node = "minikube", Tool = "tcptracer 9.8.7", RunId = Guid.NewGuid(), Clock = clock };
        var writer = new TraceWriter(to, header, TimeSpan.Zero);
        foreach (TcpEvent e in events)
            writer.OnEvent(in e);
        writer.OnPause();
        if (finished)
            writer.Finish(new TraceEnd("command", events.Length, events.Length, 0));
        return to.ToArray();
    }
}
