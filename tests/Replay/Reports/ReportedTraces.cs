using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.Connections;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Replay.Reports;

/// <summary>Traces for reports.</summary>
internal static class ReportedTraces
{
    private const long Ms = 1_000_000;

    /// <summary>Names that would do something if a page took them for HTML, or for the end of its data.</summary>
    public static IReadOnlyList<string> HostileNames { get; } =
    [
        "</script><img src=x onerror=owned=1>", "\"><svg onload=owned=1>", "<!--<script>", "]]></noscript><script>owned=1</script>",
        "' onmouseover='owned=1", "\u202egnp.exe", "__proto__", "constructor", "\u2028owned=1//", "{{title}}<!--{data}-->",
        "<iframe src=http://192.0.2.1/>", "\u001b[31m", "a\u0000b", new string('x', 250),
    ];

    /// <summary>A trace in which everything that can have a name has such a one.</summary>
    public static byte[] Hostile()
    {
        List<TcpEvent> events = [];
        foreach ((int i, string name) in HostileNames.Index())
        {
            ProcessIdentity process =
                SampleEvents.Make(Operation.Connect, "x").Process with { Comm = new SafeText(name), Pid = (uint)i + 1 };
            foreach (Operation operation in new[] { Operation.Connect, Operation.ConnectFailed })
            {
                TcpEvent e = Gathered.Of(operation, i * 10 * Ms + (operation == Operation.Connect ? 0 : Ms), 1);
                e.Process = process;
                e.Error = operation == Operation.Connect ? (ushort)0 : (ushort)(i == 0 ? 60_000 : 111);
                events.Add(e);
            }
        }
        string all = string.Join(' ', HostileNames.SkipLast(1));
        return TraceBytes.Write(events, null, TraceBytes.Header with
        {
            Node = HostileNames[0],
            Kernel = HostileNames[1],
            Machine = all,
            Tool = all,
            CommandLine = HostileNames,
            Hooks = HostileNames,
            Sources = HostileNames,
            Refused = HostileNames,
        });
    }

    /// <summary>Connections of so many callers to so many addresses, each in a time of its own.</summary>
    public static byte[] Large(int connections, int callers = 60, int called = 200)
    {
        var random = new Random(7);
        List<TcpEvent> events = [];
        ProcessIdentity sample = SampleEvents.Make(Operation.Connect, "x").Process;
        ProcessIdentity[] processes =
            [.. Enumerable.Range(0, callers).Select(i => sample with { Comm = new SafeText($"service-{i}"), Pid = (uint)i + 1 })];
        Address[] addresses = [.. Enumerable.Range(0, called).Select(i => new Address([10, 0, (byte)(i / 250), (byte)(i % 250)]))];
        for (int i = 0; i < connections; i++)
        {
            int kind = random.Next(100);
            TcpEvent e = Gathered.Of(kind < 3 ? Operation.ConnectFailed : Operation.Connect, i * Ms, random.Next(20_000, 900_000));
            (e.Process, e.Daddr, e.Dport) = (processes[random.Next(callers)], addresses[random.Next(called)], 5432);
            e.Error = kind < 3 ? (ushort)111 : (ushort)0;
            events.Add(e);
            if (kind < 3)
                continue;
            TcpEvent end = Gathered.Of(kind < 5 ? Operation.Unknown : Operation.Close, i * Ms, Ms,
                reason: kind < 5 ? Reason.ResetReceived : Reason.Close);
            (end.Process, end.Daddr, end.Dport, end.Sent, end.Received) = (e.Process, e.Daddr, e.Dport, 120, 4000);
            events.Add(end);
        }
        return TraceBytes.Write(events);
    }
}
