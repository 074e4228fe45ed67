using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Bench;

/// <summary>
/// A node's traffic, the same for the same seed: 220 processes in 60 pods, 400 services of which a fifth takes four fifths of the load,
/// random ephemeral ports, about 10 000 events a second, one connect in a hundred fails. Half of the events are closes.
/// </summary>
internal sealed class SyntheticTraffic(int seed)
{
    private const int Processes = 220, Pods = 60, Peers = 400, PopularPeers = Peers / 5;
    private const double PopularShare = 0.8, FailureShare = 0.01, ConnectionsPerSecond = 5_000;
    private static readonly string[] s_commands = ["nginx", "java", "node", "python3", "postgres", "redis-server", "envoy", "curl", "php-fpm", "celery", "gunicorn", "coredns"];
    private static readonly ushort[] s_services = [443, 80, 8080, 5432, 6379, 9092, 3306, 53, 50051, 27017];
    private readonly Random _random = new(seed), _flows = new(seed + 1);

    public const int Clients = Processes;

    /// <summary>The events in order of time.</summary>
    public IEnumerable<TcpEvent> Events(int count)
    {
        var view = new WorkloadView(new SafeText("bench"));
        ProcessIdentity[] processes = [.. Enumerable.Range(0, Processes).Select(MakeProcess)];
        Address[] podAddresses = [.. Enumerable.Range(0, Pods).Select(i => new Address([10, 244, (byte)(i / 20), (byte)(10 + i)]))];
        (Address Address, ushort Port)[] peers = [.. Enumerable.Range(0, Peers).Select(i => (new Address([10, 96, (byte)(i / 100), (byte)(1 + i % 250)]), s_services[_random.Next(s_services.Length)]))];
        var closes = new PriorityQueue<TcpEvent, long>();
        double now = 3_600e9;
        while (count > 0)
        {
            now += -Math.Log(1 - _random.NextDouble()) / ConnectionsPerSecond * 1e9;
            while (count > 0 && closes.TryPeek(out TcpEvent close, out long at) && at <= now)
            {
                closes.Dequeue();
                count--;
                yield return close;
            }
            if (count == 0)
                yield break;
            int process = _random.Next(Processes);
            (Address peer, ushort port) = peers[_random.NextDouble() < PopularShare ? _random.Next(PopularPeers) : _random.Next(PopularPeers, Peers)];
            long latency = LogNormal(400_000, 1.0);
            bool failed = _random.NextDouble() < FailureShare;
            var e = new TcpEvent
            {
                TimestampNs = (long)now,
                StartNs = (long)now - latency,
                StartCpu = (uint)_random.Next(8),
                Operation = failed ? Operation.ConnectFailed : Operation.Connect,
                Attribution = Attribution.Task,
                Error = (ushort)(failed ? _random.Next(4) == 0 ? 110 : 111 : 0),
                Sport = (ushort)_random.Next(32_768, 61_000),
                Dport = port,
                Fd = _random.Next(5, 200),
                Flow = failed ? 0 : (ulong)_flows.NextInt64(long.MinValue, long.MaxValue), // two initial sequence numbers: noise
                Saddr = podAddresses[process % Pods],
                Daddr = peer,
                Process = processes[process],
                Other = ProcessName.None,
                View = view,
                Workload = view.Host,
            };
            count--;
            yield return e;
            if (failed)
                continue;
            e.Operation = Operation.Close;
            e.Attribution = Attribution.Stored;
            e.Reason = _random.Next(3) == 0 ? Reason.PeerClose : Reason.Close;
            e.Other = e.Process.Name;
            e.Sent = (ulong)LogNormal(800, 1.5);
            e.Received = (ulong)LogNormal(6_000, 2.0);
            e.SrttUs = (uint)LogNormal(350, 0.8);
            e.Retransmits = _random.Next(200) == 0 ? (uint)_random.Next(1, 4) : 0;
            e.TimestampNs += LogNormal(80_000_000, 1.5);
            closes.Enqueue(e, e.TimestampNs);
        }
    }

    private ProcessIdentity MakeProcess(int index)
    {
        uint pid = (uint)(2_000 + _random.Next(60_000));
        uint pod = (uint)(index % Pods);
        string command = s_commands[index % s_commands.Length];
        return new ProcessIdentity(pid, pid, index % 3 == 0 ? 0u : 1_000, index % 3 == 0 ? 0u : 1_000, pid - 1, new SafeText(command), new SafeText("containerd-shim"),
            4_026_532_000 + pod, 5_000 + pod, 4_026_533_000 + (uint)index, 10_000 + (ulong)index, 0)
        {
            Exe = new SafeText($"/usr/local/bin/{command}"),
        };
    }

    private long LogNormal(double median, double sigma)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        return 1 + (long)(median * Math.Exp(sigma * normal));
    }
}
