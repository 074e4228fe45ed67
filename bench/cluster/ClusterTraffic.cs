using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Bench.Cluster;

/// <summary>
/// Traffic between the nodes of a cluster, the same for the same seed. Each connection joins two nodes that chance chooses, and has four
/// events: connect and close at one end, accept and close at the other. Each node has its own boot time and a wall clock that is wrong.
/// </summary>
/// <param name="nodes">How many nodes.</param>
/// <param name="connectionsPerSecond">Of all nodes together.</param>
/// <param name="worstClock">How wrong a wall clock is at most.</param>
internal sealed class ClusterTraffic(int nodes, double connectionsPerSecond, TimeSpan worstClock)
{
    private const int Seed = 42, ProcessesOfNode = 20;
    private static readonly string[] s_commands = ["nginx", "java", "node", "python3", "postgres", "redis-server", "envoy", "curl"];
    private static readonly ushort[] s_services = [443, 80, 8080, 5432, 6379, 9092, 3306, 50051];
    private readonly Random _random = new(Seed);
    private readonly Node[] _nodes = [.. Enumerable.Range(0, nodes).Select(n => new Node(n, worstClock))];

    /// <summary>A node, as it was made from its number.</summary>
    private sealed class Node
    {
        public Node(int number, TimeSpan worstClock)
        {
            var random = new Random(Seed + 1 + number);
            BootNs = 3_600_000_000_000 + random.NextInt64(100_000_000_000_000);
            OffsetNs = number == 0 ? 0 : random.NextInt64(-worstClock.Ticks * 100, worstClock.Ticks * 100 + 1);
            View = new WorkloadView(new SafeText($"node-{number:000}"));
            Processes = [.. Enumerable.Range(0, ProcessesOfNode).Select(i => MakeProcess(random, i))];
            (byte high, byte low) = ((byte)(number / 200), (byte)(number % 200));
            Addresses = [.. Enumerable.Range(0, ProcessesOfNode).Select(i => new Address([10, high, low, (byte)(10 + i)]))];
        }

        /// <summary>Its boot time at the beginning.</summary>
        public long BootNs { get; }

        /// <summary>How far its wall clock is ahead.</summary>
        public long OffsetNs { get; }

        public WorkloadView View { get; }

        public ProcessIdentity[] Processes { get; }

        public Address[] Addresses { get; }

        private static ProcessIdentity MakeProcess(Random random, int index)
        {
            uint pid = (uint)(2_000 + random.Next(60_000));
            string command = s_commands[index % s_commands.Length];
            return new ProcessIdentity(pid, pid, 1_000, 1_000, pid - 1, new SafeText(command), new SafeText("containerd-shim"),
                4_026_532_000 + (uint)index, 5_000 + (uint)index, 4_026_533_000 + (uint)index, 10_000 + (ulong)index, 0)
            {
                Exe = new SafeText($"/usr/local/bin/{command}"),
            };
        }
    }

    /// <summary>How far the wall clock of a node is ahead, in nanoseconds.</summary>
    public long OffsetOf(int node) => _nodes[node].OffsetNs;

    /// <summary>The name of a node.</summary>
    public static string NameOf(int node) => FormattableString.Invariant($"node-{node:000}");

    /// <summary>The header of a node's trace.</summary>
    /// <param name="node">Its number.</param>
    /// <param name="beginNs">The true time at the beginning, in nanoseconds since 1970.</param>
    public TraceHeader HeaderOf(int node, long beginNs) => new()
    {
        RunId = new Guid(node + 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        Tool = "tcptracer-bench",
        Node = NameOf(node),
        BootId = new Guid(node + 1, 12, 13, 4, 5, 6, 7, 8, 9, 10, 11).ToString(),
        Clock = new ClockSample(_nodes[node].BootNs, beginNs + _nodes[node].OffsetNs, _nodes[node].BootNs, 100, ClockCause.Start),
    };

    /// <summary>
    /// The events of so many connections, in the order of true time: the moment in nanoseconds since the beginning, the node that sees it,
    /// and what it sees.
    /// </summary>
    public IEnumerable<(long AtNs, int Node, TcpEvent Event)> Events(long connections)
    {
        var due = new PriorityQueue<(int Node, TcpEvent Event), long>();
        double now = 1e6;
        for (long i = 0; i < connections; i++)
        {
            now += -Math.Log(1 - _random.NextDouble()) / connectionsPerSecond * 1e9;
            while (due.TryPeek(out _, out long at) && at <= now)
            {
                (int node, TcpEvent e) = due.Dequeue();
                yield return (at, node, e);
            }
            Connect((long)now, due);
        }
        while (due.TryPeek(out _, out long at))
        {
            (int node, TcpEvent e) = due.Dequeue();
            yield return (at, node, e);
        }
    }

    /// <summary>One connection: its four events.</summary>
    private void Connect(long startNs, PriorityQueue<(int, TcpEvent), long> due)
    {
        int client = _random.Next(nodes), server = nodes == 1 ? 0 : (client + 1 + _random.Next(nodes - 1)) % nodes;
        int caller = _random.Next(ProcessesOfNode), listener = _random.Next(ProcessesOfNode);
        // The way there and the way back do not take the same time, which is what clocks cannot be set by
        long roundTrip = LogNormal(400_000, 1.0), there = (long)(roundTrip * (0.3 + 0.4 * _random.NextDouble()));
        long connected = startNs + roundTrip, established = connected + there, ended = established + LogNormal(80_000_000, 1.5);
        ulong flow = (ulong)_random.NextInt64(long.MinValue, long.MaxValue);
        ulong sent = (ulong)LogNormal(800, 1.5), received = (ulong)LogNormal(6_000, 2.0);
        ushort port = (ushort)_random.Next(32_768, 61_000), service = s_services[listener % s_services.Length];
        TcpEvent near = End(client, caller, port, _nodes[server].Addresses[listener], service, flow);
        TcpEvent far = End(server, listener, service, _nodes[client].Addresses[caller], port, flow);
        Add(due, client, near, Operation.Connect, startNs, connected);
        long accepted = established + LogNormal(30_000, 1.0);
        Add(due, server, far, Operation.Accept, established, accepted);
        (near.Reason, far.Reason) = (Reason.Close, Reason.PeerClose);
        near.Attribution = far.Attribution = Attribution.Stored;
        (near.Sent, near.Received, far.Sent, far.Received) = (sent, received, received, sent);
        near.SrttUs = far.SrttUs = (uint)(1 + roundTrip / 1000);
        (near.Other, far.Other) = (near.Process.Name, far.Process.Name);
        Add(due, client, near, Operation.Close, startNs, ended);
        Add(due, server, far, Operation.Close, established, Math.Max(ended + there, accepted) + 1);
    }

    private TcpEvent End(int node, int process, ushort sport, Address daddr, ushort dport, ulong flow) => new()
    {
        StartCpu = (uint)_random.Next(8),
        Attribution = Attribution.Task,
        Sport = sport,
        Dport = dport,
        Fd = _random.Next(5, 200),
        Flow = flow,
        Saddr = _nodes[node].Addresses[process],
        Daddr = daddr,
        Process = _nodes[node].Processes[process],
        Other = ProcessName.None,
        View = _nodes[node].View,
        Workload = _nodes[node].View.Host,
    };

    private void Add(PriorityQueue<(int, TcpEvent), long> due, int node, TcpEvent e, Operation operation, long startNs, long atNs)
    {
        e.Operation = operation;
        (e.StartNs, e.TimestampNs) = (startNs + _nodes[node].BootNs, atNs + _nodes[node].BootNs);
        due.Enqueue((node, e), atNs);
    }

    private long LogNormal(double median, double sigma)
    {
        double normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        return 1 + (long)(median * Math.Exp(sigma * normal));
    }
}
