using System.Globalization;
using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats.TraceFile;

namespace TcpTracer.Tests.Replay.Copies;

/// <summary>
/// A trace with every kind of record and field. Each name, address and number stands for one thing, so that a test can search for it.
/// Pod i connects to pod i + 1, to service i, to node i, and to an address outside that is its own.
/// </summary>
internal static class FullTrace
{
    public const int Pods = 5;

    private const long Second = 1_000_000_000;

    /// <summary>The texts that name a pod, its container and its processes.</summary>
    public static string[] TextsOf(int pod) =>
    [
        PodName(pod), $"uid-of-pod-{pod}", $"tenant-{pod}", $"Deployment/app-{pod}", $"label-key-{pod}", $"label-value-{pod}",
        ContainerId(pod), $"container-{pod}", $"registry.example/image-{pod}:1",
        $"comm-{pod}", $"parent-{pod}", $"/opt/program-{pod}", $"--password=secret-{pod}", $"listener-{pod}",
    ];

    /// <summary>The texts that name a pod's peers.</summary>
    public static string[] TextsOfPeers(int pod) => [$"service-{pod}", $"service-uid-{pod}", $"peer-node-{pod}"];

    /// <summary>The texts of the recorder's host.</summary>
    public static string[] TextsOfHost { get; } =
    [
        "host-of-all", "6.12.90-custom-build", "c0ffee00-1111-4000-8000-000000000000", "tcptracer record --secret-option",
        "/var/run/secret.sock",
        "refused because of secret policy", "hook_of_secret",
    ];

    public static string PodName(int pod) => $"web-of-pod-{pod}";

    private static string ContainerId(int pod) => string.Concat(Enumerable.Repeat(pod.ToString("x4", CultureInfo.InvariantCulture), 16));

    /// <summary>The addresses of a pod. Other pods connect to the first.</summary>
    public static Address[] AddressesOf(int pod) => [V4(10, 20, pod, 1), V6(pod, 1)];

    public static Address[] AddressesOfPeers(int pod) => [V4(10, 96, pod, 9), V4(192, 168, pod, 77), V4(203, 0, 113, pod), V6(pod, 99)];

    private static Address V4(params int[] parts) => new([.. parts.Select(p => (byte)(p + (p < 10 ? 100 : 0)))]);

    private static Address V6(int pod, byte host) =>
        new([0x20, 0x01, 0x0d, 0xb8, 0, (byte)(pod + 1), 0x77, 0x66, 0, 0, 0, 0, 0x55, 0x44, 0x33, host]);

    public static TraceHeader Header { get; } = TraceBytes.Header with
    {
        Node = "host-of-all",
        Kernel = "6.12.90-custom-build",
        BootId = "c0ffee00-1111-4000-8000-000000000000",
        CommandLine = ["tcptracer record --secret-option", "-F", "pod == 'web-of-pod-3'"],
        Sources = ["containerd at /var/run/secret.sock: answering"],
        Refused = ["refused because of secret policy"],
        Hooks = ["hook_of_secret"],
    };

    /// <summary>The owner of a pod's connections.</summary>
    public static ProcessIdentity Process(int pod) => new(
        (uint)(71_000 + pod), (uint)(72_000 + pod), (uint)(5_000 + pod), (uint)(6_000 + pod), (uint)(73_000 + pod),
        new SafeText($"comm-{pod}"), new SafeText($"parent-{pod}"),
        (uint)(4_026_000_000 + pod), (ulong)(9_900 + pod), (uint)(4_027_000_000 + pod), (ulong)(8_800 + pod), 0)
    {
        Exe = new SafeText($"/opt/program-{pod}"),
        Args = new SafeText($"program-{pod}\0--password=secret-{pod}\0-x"),
    };

    private static WorkloadChange Known(long since) => new(since)
    {
        Cgroups = [.. All(i =>
            new CgroupInfo(CgroupHierarchy.Unified, Process(i).Cgroup, $"/kubepods/burstable/poduid-of-pod-{i}/{ContainerId(i)}"))],
        Containers = [.. All(i => new ContainerInfo(ContainerId(i), $"uid-of-pod-{i}", $"container-{i}", $"registry.example/image-{i}:1"))],
        Pods = [.. All(i => new PodInfo($"uid-of-pod-{i}", $"tenant-{i}", PodName(i))
        {
            Node = "host-of-all",
            Owner = $"Deployment/app-{i}",
            Labels = PodInfo.NoLabels.Add($"label-key-{i}", $"label-value-{i}"),
            Claims = [.. AddressesOf(i).Select(a => new AddressClaim(a, 0))],
        })],
        Services = [.. All(i =>
            new ServiceInfo($"service-uid-{i}", $"tenant-{i}", $"service-{i}", [new AddressClaim(AddressesOfPeers(i)[0], 0)]))],
        Nodes = [.. All(i => new NodeInfo($"peer-node-{i}", [new AddressClaim(AddressesOfPeers(i)[1], 0)]))],
    };

    private static IEnumerable<T> All<T>(Func<int, T> make) => Enumerable.Range(0, Pods).Select(make);

    /// <summary>Writes the trace.</summary>
    /// <param name="rounds">The number of connections of each pod to each peer.</param>
    public static byte[] Write(int rounds = 3)
    {
        var to = new MemoryStream();
        long now = TraceBytes.Clock.BootNs;
        WorkloadView view = new WorkloadView(new SafeText(Header.Node)).With(Known(now));
        var writer = new TraceWriter(to, Header, TimeSpan.FromHours(1), view, MetadataScope.Cluster);
        long count = 0;
        for (int round = 0; round < rounds; round++)
        {
            for (int pod = 0; pod < Pods; pod++)
            {
                foreach (TcpEvent e in Round(pod, now += Second))
                {
                    writer.OnEvent(in e);
                    count++;
                }
            }
            writer.OnLoss(new LossRecord(now - 5, now, LossSource.RingFull, 3, 3 * (round + 1)));
            writer.OnClock(TraceBytes.Clock with
            {
                BootNs = now,
                WallNs = TraceBytes.Clock.ToWall(now) + 1_000 * round,
                Cause = ClockCause.Periodic
            });
            // The last pod's address belongs to another pod for a while; nobody connects in that time
            writer.OnWorkloads(new WorkloadChange(now) { Forgotten = [new WorkloadKey(WorkloadKind.Pod, "uid-of-nobody")] }, view);
        }
        writer.Finish(new TraceEnd("SIGINT", count, count, 3 * rounds)
        {
            Unfinished = new Unfinished(1, 2, 3, 4, 5),
            Names = new NamesAtEnd(
                [
                    new SourceAtEnd("secret-api.example", "failing")
                    {
                        Problem = "the secret-api.example cannot be used", FirstNs = 1, LastNs = 2, Failures = 3, FailedNs = 4,
                    },
                ],
                new UnnamedEvents(1, 2, 3, 4, 5)),
        });
        return to.ToArray();
    }

    private static IEnumerable<TcpEvent> Round(int pod, long now)
    {
        Address[] own = AddressesOf(pod), outside = AddressesOfPeers(pod);
        Address[] peers = [AddressesOf((pod + 1) % Pods)[0], .. outside, Mapped(outside[2]), new([127, 0, 0, 1])];
        for (int i = 0; i < peers.Length; i++)
        {
            bool isV6 = peers[i].Bytes.Length == 16 && !peers[i].IsMapped;
            var connect = new TcpEvent
            {
                TimestampNs = now + i * 1_000_000,
                StartNs = now + i * 1_000_000 - 400_000,
                StartCpu = (uint)pod,
                Operation = Operation.Connect,
                Attribution = Attribution.Task,
                Sport = (ushort)(40_000 + i),
                Dport = 443,
                Fd = 7,
                Saddr = isV6 ? own[1] : own[0],
                Daddr = peers[i],
                Process = s_processes[pod],
                Other = ProcessName.None,
                Flow = (ulong)(0xf10f_0000_0000 + pod * 100 + i),
            };
            yield return connect;
            yield return connect with
            {
                TimestampNs = connect.TimestampNs + 500_000,
                Operation = Operation.Close,
                Reason = Reason.Close,
                Sent = 11,
                Received = 22,
                SrttUs = 33,
                Other = new ProcessName((uint)(74_000 + pod), new SafeText($"listener-{pod}")),
                FarCgroup = s_processes[pod].Cgroup, // it calls itself: a copy of its events needs the names of no other pod
                FarCgroupV1 = s_processes[pod].CgroupV1,
            };
        }
    }

    private static readonly ProcessIdentity[] s_processes = [.. All(Process)];

    private static Address Mapped(Address v4) => new([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, .. v4.Bytes]);

    /// <summary>All records of a trace, decompressed.</summary>
    public static byte[] Decompressed(byte[] trace) =>
        [.. TraceBytes.Split(trace).SelectMany(p => p.IsSkippable ? p.Bytes : TraceBytes.Raw(p.Bytes))];

    public static bool Holds(byte[] bytes, string text) => Holds(bytes, Encoding.UTF8.GetBytes(text));

    public static bool Holds(byte[] bytes, byte[] part) => bytes.AsSpan().IndexOf(part) >= 0;
}
