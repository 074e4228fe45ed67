using System.Text.Json;
using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// These tests run alone: they count everything that is left in the kernel, and time is short on machines with few processors.
/// </summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>Many connections of every kind: each event is there exactly once, and nothing is left in the kernel.</summary>
[Collection("alone")]
public sealed class LoadTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private static readonly JsonSerializerOptions s_withFields = new() { IncludeFields = true };

    private const int Connect = 1, Accept = 2, Close = 3, Unknown = 4, Failed = 5, Unaccepted = 8;

    private sealed class Tally : IRawEventReceiver
    {
        public int[] Of { get; } = new int[9];

        public int Late { get; private set; }

        public int Repeated { get; private set; }

        private readonly HashSet<(long, uint, byte)> _seen = [];
        private readonly List<RawTcpEvent> _all = [];

        /// <summary>Connections that have other events than one beginning and one end.</summary>
        public IEnumerable<string> Odd => _all.GroupBy(e => (e.Start, e.StartCpu)).Where(g =>
            g.Count() != 2).Take(10).SelectMany(g => g).Select(e =>
            $"{e.Timestamp} {e.Start}.{e.StartCpu} operation {e.Operation} reason {e.Reason} {e.Sport}>{e.Dport} pid {e.Pid} actor "
                + $"{e.OtherPid} flags {(int)e.Flags}");

        public void OnRawCgroup(in RawCgroup raw)
        {
            // only events count here
        }

        public void OnRawImage(in RawImage raw)
        {
            // only events count here
        }

        public void OnRawEvent(in RawTcpEvent raw)
        {
            _all.Add(raw);
            Of[raw.Operation]++;
            if ((raw.Flags & 4) != 0)
                Late++;
            if (!_seen.Add((raw.Start, raw.StartCpu, raw.Operation)))
                Repeated++;
        }
    }

    /// <summary>Runs one load while a probe records in this process. Everything that the probe's maps have afterwards was leaked.</summary>
    private void Run(string load, SceneKind[] kinds, int count, (int Operation, int Times)[] expected, bool eitherEnd = false,
        int neverAccepted = 0)
    {
        foreach (SceneKind kind in kinds)
        {
            using TcpProbe probe = TcpProbe.Start(new ProbeOptions { Netns = [OwnerTests.NetnsNumber(hosts.Left)], RingBytes = 64 << 20 });
            var tally = new Tally();
            using var stopping = new CancellationTokenSource();
            Task reading = Task.Run(() =>
            {
                while (!stopping.IsCancellationRequested)
                    probe.Read(tally, 50);
            });
            using (var scene = Scenario.Start(hosts, load, kind, count.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            {
                scene.Finish();
                Assert.Equal(count, scene.Facts.Single(f => f.Who == "load").Number("count"));
            }
            stopping.Cancel();
            probe.Interrupt();
            reading.Wait();
            probe.ReportUnseen();
            probe.Drain(tally);
            ProbeCounters counters = probe.ReadCounters();
            string told = $"{load} ({kind.Name}): {string.Join(' ', tally.Of)}, late {tally.Late}, "
                + $"{JsonSerializer.Serialize(counters, s_withFields)}, {probe.CountEntries("connections")} entries left";
            if (eitherEnd)
                (tally.Of[Close], tally.Of[Unknown]) = (tally.Of[Close] + tally.Of[Unknown], 0);
            int[] wanted = new int[9];
            foreach ((int operation, int times) in expected)
                wanted[operation] = times;
            Assert.True(wanted.SequenceEqual(tally.Of), $"{told}; wanted {string.Join(' ', wanted)}\n{string.Join('\n', tally.Odd)}");
            Assert.True(tally.Repeated == 0, $"{told}: {tally.Repeated} events came again");
            TestContext.Current.SendDiagnosticMessage(told);
            Assert.True(probe.CountEntries("connections") == 0, $"{told}: {probe.CountEntries("connections")} connections stay behind");
            Assert.True(probe.CountEntries("listeners") == 0, $"{told}: {probe.CountEntries("listeners")} listeners stay behind");
            Assert.Equal(0, counters.RingFull + counters.ConnectionsFull);
            Assert.True(counters.NeverAccepted == neverAccepted, $"{told}: {neverAccepted} were never accepted");
        }
    }

    private static readonly SceneKind[] s_kinds =
    [
        SceneKind.Loopback4,
        SceneKind.Loopback6,
        SceneKind.Mapped with
        {
            Name = "mapped loopback", OnOneHost = true, ClientAddress = "127.0.0.1", ServerAddress = "127.0.0.1"
        },
    ];

    private static readonly SceneKind[] s_mptcp = [SceneKind.Loopback4 with { Name = "mptcp4 loopback", Program = "mptcp4" },
        SceneKind.Loopback4 with { Name = "mptcp-listener loopback", Program = "mptcp-listener" }];
    private static int Many { get; } = int.Parse(Environment.GetEnvironmentVariable("TCPTRACER_LOAD_CONNECTIONS")
        ?? "10000", System.Globalization.CultureInfo.InvariantCulture);

    private static int Some => Many / 10;

    [KernelFact]
    public void ManyConnectionsAndClosesAreReportedExactlyOnce() =>
        Run("load_close", s_kinds, Many, [(Connect, Many), (Accept, Many), (Close, 2 * Many)]);

    [KernelFact]
    public void ManyResetsAreReportedExactlyOnce() =>
        Run("load_reset", s_kinds, Many, [(Connect, Many), (Accept, Many), (Close, Many), (Unknown, Many)]);

    [KernelFact]
    public void ManyResetsBeforeAcceptAreReportedExactlyOnce() =>
        Run("load_reset_before_accept", s_kinds, Many, [(Connect, Many), (Accept, Many), (Close, Many), (Unknown, Many)]);

    [KernelFact]
    public void ManyNeverAcceptedConnectionsAreReportedExactlyOnce() => Run("load_never_accepted", [.. s_kinds, s_mptcp[1]], Some,
        [(Connect, Some), (Unknown, Some), (Unaccepted, Some)], neverAccepted: Some);

    [KernelFact]
    public void ManyRefusedConnectsAreReportedExactlyOnce()
    {
        Run("load_refused", s_kinds, Many, [(Failed, Many)]);
        Run("load_nonblocking_refused", s_kinds, Many, [(Failed, Many)]);
    }

    [KernelFact]
    public void ManyUnreachableConnectsAreReportedExactlyOnce() => Run("load_unreachable", s_kinds, Many, [(Failed, Many)]);

    // The connection that fills the queue is the one connect; it is reset when its listener closes
    [KernelFact]
    public void ManyAbortedConnectsAreReportedExactlyOnce() =>
        Run("load_given_up", s_kinds, Many, [(Connect, 1), (Failed, Many), (Close, 1), (Unaccepted, 1)], neverAccepted: 1);

    [KernelFact]
    public void ManyMptcpConnectionsAreReportedExactlyOnce()
    {
        Run("load_close", s_mptcp, Some, [(Connect, Some), (Accept, Some), (Close, 2 * Some)]);
        Run("load_refused", s_mptcp, Some, [(Failed, Some)]);
        Run("load_nonblocking_refused", s_mptcp, Some, [(Failed, Some)]);
        Run("load_unreachable", s_mptcp, Some, [(Failed, Some)]);
    }

    // Both ends race to close, so a reset may come before or after the server's close: the end is X or U, but exactly one of them
    [KernelFact]
    public void ManyClosesAcrossProcessorsAreReportedExactlyOnce() => Run("load_across", [SceneKind.Loopback4], 3 * Many,
        [(Connect, 3 * Many), (Accept, 3 * Many), (Close, 6 * Many)], eitherEnd: true);
}
