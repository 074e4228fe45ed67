using TcpTracer.Formats.Events;
using TcpTracer.Replay.Exports;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;

namespace TcpTracer.Tests.Replay.Exports;

/// <summary>Sample traces, and the bytes that an export writes of them.</summary>
internal static class Exported
{
    public static byte[] Shop { get; } = File.ReadAllBytes(Path.Combine(TcptracerProgram.Repository, "examples/shop.tct"));

    /// <summary>The bytes that an export writes of all events of some traces.</summary>
    public static byte[] Write(Func<Stream, IExport> create, params byte[][] traces)
    {
        var to = new MemoryStream();
        using IExport export = create(to);
        var source = new TraceEventSource(Printing.SelectAll(), export, 2) { ParallelFrom = 0 };
        foreach (byte[] trace in traces)
            source.Run(new MemoryStream(trace));
        export.Finish();
        return to.ToArray();
    }

    /// <summary>The beginning and the end of one connection, with the numbers of bytes given.</summary>
    public static TcpEvent[] Connection(string near, string far, ulong sent, ulong received, long startNs = 1_000_000_000_000,
        ulong flow = 0, ushort sport = 40_000)
    {
        TcpEvent opened = SampleEvents.Make(Operation.Connect) with
        {
            Saddr = SampleEvents.AddressOf(near),
            Daddr = SampleEvents.AddressOf(far),
            Sport = sport,
            Dport = 80,
            StartNs = startNs,
            TimestampNs = startNs + 5_000_000,
            Flow = flow,
        };
        TcpEvent closed = opened with
        {
            Operation = Operation.Close,
            Reason = Reason.Close,
            TimestampNs = startNs + 9_000_000,
            Sent = sent,
            Received = received
        };
        return [opened, closed];
    }

    /// <summary>The same connection as its other end sees it.</summary>
    public static TcpEvent[] OtherEnd(TcpEvent[] connection) => [.. connection.Select(e => e with
    {
        Saddr = e.Daddr,
        Daddr = e.Saddr,
        Sport = e.Dport,
        Dport = e.Sport,
        StartNs = e.StartNs + 1_000,
        TimestampNs = e.TimestampNs + 1_000,
        Sent = e.Received,
        Received = e.Sent,
        Operation = e.Operation == Operation.Connect ? Operation.Accept : e.Operation,
        Reason = e.Reason == Reason.Close ? Reason.PeerClose : e.Reason,
    })];
}
