using System.Diagnostics;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;
using static TcpTracer.Tests.Formats.TraceFile.Fillers;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Hostile metadata. If it is not valid, it is reported and skipped; if it is valid, it costs bounded time and memory.</summary>
public sealed class HostileMetadataTests
{
    private static readonly byte[] s_start = TraceBytes.Start();
    private static readonly byte[] s_good = [.. TraceBytes.Write(RandomTraffic.Events(51, 5)).AsSpan(s_start.Length)];

    private static readonly TraceBytes.Filler s_empty = Raw(0x90), s_noLabels = Raw(0x80);

    private static TraceBytes.Filler Pod(TraceBytes.Filler labels, TraceBytes.Filler claims) =>
        List(List(Text("uid"), Text("shop"), Text("web"), Text(""), Text(""), labels, claims));

    private static TraceBytes.Filler Node(TraceBytes.Filler claims) => List(List(Text("n"), claims));

    private static TraceBytes.Filler Claim(TraceBytes.Filler address) => List(List(address, Number(1), Null));

    private static readonly Dictionary<string, (string Key, TraceBytes.Filler Value)> s_bends = new()
    {
        ["4 billion pods"] = ("pods", Raw(0xdd, 0xff, 0xff, 0xff, 0xff)),
        ["2 billion pods"] = ("pods", Raw(0xdd, 0x7f, 0xff, 0xff, 0xff)),
        ["65 537 nodes"] = ("nodes", Raw(0xdd, 0x00, 0x01, 0x00, 0x01)),
        ["more pods than there are"] = ("pods", Raw(0x92, 0x90)),
        ["pods that are a map"] = ("pods", Raw(0x80)),
        ["pods that are a number"] = ("pods", Number(7)),
        ["pods that are nil"] = ("pods", Null),
        ["a pod of six parts"] = ("pods", List(List(Text("u"), Text(""), Text(""), Text(""), Text(""), s_noLabels))),
        ["a pod that is a string"] = ("pods", List(Text("web-1"))),
        ["a uid that is a number"] = ("pods", List(List(Number(1), Text(""), Text(""), Text(""), Text(""), s_noLabels, s_empty))),
        ["a uid of 70 000 bytes"] = ("nodes", List(List(Text(new string('n', 70_000)), s_empty))),
        ["a name of 4 billion bytes"] = ("nodes", Raw(0x91, 0x92, 0xdb, 0xff, 0xff, 0xff, 0xff)),
        ["4 billion labels"] = ("pods", Pod(Raw(0xdf, 0xff, 0xff, 0xff, 0xff), s_empty)),
        ["65 537 labels"] = ("pods", Pod(Raw(0xdf, 0x00, 0x01, 0x00, 0x01), s_empty)),
        ["labels that are a list"] = ("pods", Pod(s_empty, s_empty)),
        ["a label that is a map"] = ("pods", Pod(Raw(0x81, 0xa1, (byte)'a', 0x80), s_empty)),
        ["4 billion claims"] = ("nodes", Node(Raw(0xdd, 0xff, 0xff, 0xff, 0xff))),
        ["a claim of two parts"] = ("nodes", Node(List(List(Zeros(4), Number(1))))),
        ["an address of no bytes"] = ("nodes", Node(Claim(Zeros(0)))),
        ["an address of 5 bytes"] = ("nodes", Node(Claim(Zeros(5)))),
        ["an address of 17 bytes"] = ("nodes", Node(Claim(Zeros(17)))),
        ["an address that is a number"] = ("nodes", Node(Claim(Number(1)))),
        ["a time that is a string"] = ("nodes", Node(List(List(Zeros(4), Text("now"), Null)))),
        ["a time that is a float"] = ("nodes", Node(List(List(Zeros(4), Number(1), Float(1.5))))),
        ["a cgroup of two parts"] = ("cgroups", List(List(Number(0), Number(1)))),
        ["a path that is nil in a list that ends"] = ("cgroups", Raw(0x91, 0x93, 0, 1)),
        ["a checkpoint that is a number"] = ("checkpoint", Number(1)),
        ["a moment that is a list"] = ("at", s_empty),
        ["something forgotten of one part"] = ("forgotten", List(List(Number(1)))),
        ["deep nesting in a later part"] =
            ("containers", Raw([0x91, 0x95, 0xa0, 0xa0, 0xa0, 0xa0, .. Enumerable.Repeat((byte)0x91, 2_000_000), 0])),
        ["deep nesting in a later key"] = ("later", Raw([.. Enumerable.Repeat((byte)0x81, 2_000_000), 0])),
        ["a byte that MessagePack never uses"] = ("pods", Raw(0xc1)),
        ["an extension"] = ("at", Raw(0xd4, 0x01, 0x02)),
    };

    public static TheoryData<string> Bends => [.. s_bends.Keys];

    [Theory]
    [MemberData(nameof(Bends))]
    public void InvalidMetadataIsReportedAndSkipped(string what)
    {
        byte[] trace = [.. s_start, .. TraceBytes.Record(RecordKind.Metadata, Record("metadata", s_bends[what]), 1), .. s_good];
        foreach (int workers in new[] { 1, 3 })
        {
            Printing printing = Printing.Of(trace, workers);
            Assert.Null(printing.Refusal);
            Assert.Equal(5, printing.Lines.Length);
            Assert.Equal(s_start.Length, Assert.Single(printing.Findings.Damages, d => d.Fault == TraceFault.BadRecord)
                .Offset - (8 + BlockHeader.MinBytes));
        }
    }

    [Fact]
    public void UnusualButValidMetadataIsAccepted()
    {
        (string, TraceBytes.Filler)[] odd =
        [
            ("pods", Pod(s_noLabels, List(List(Zeros(4), Number(long.MinValue), Number(long.MinValue)),
                List(Zeros(16), Number(long.MaxValue), Number(-1))))),
            // the key is repeated, and a label is repeated
            ("pods", Pod(Raw(0x82, 0xa1, (byte)'a', 0xa1, (byte)'1', 0xa1, (byte)'a', 0xa1, (byte)'2'), s_empty)),
            ("cgroups", List(List(Number(200), Number(-1), Text(new string('/', 60_000))),
                List(Number(-1), Number(long.MinValue), Text("")))),
            ("forgotten", List(List(Number(99), Text("?")), List(Number(3), Text(new string(':', 60_000))),
                List(Number(3), Text("0:99999999999999999999")), List(Number(1), Text("uid")))),
            ("at", Number(long.MinValue)),
            ("checkpoint", Raw(0xc3)),
        ];
        Printing printing = Printing.Of([.. s_start, .. TraceBytes.Record(RecordKind.Metadata, Record("metadata", odd), 1)], 3);
        Assert.Empty(printing.Findings.Damages);
    }

    private const int Many = 60_000;

    /// <summary>Record number i of a hostile trace.</summary>
    private static byte[] Bomb(string name, int i) => MetadataRecord.Encode(name switch
    {
        "pods that share an address" => new WorkloadChange(i)
        {
            Pods = [.. Enumerable.Range(0, Many)
                .Select(n => new PodInfo($"{i:x}.{n:x}", "", "") { Claims = [new AddressClaim(new Address([1, 1, 1, 1]), n)] })],
        },
        "claims" => new WorkloadChange(i)
        {
            Nodes = [.. Enumerable.Range(0, 5).Select(n => new NodeInfo($"{i:x}.{n:x}", [.. Enumerable.Range(0, Many)
                .Select(c => new AddressClaim(new Address([(byte)i, (byte)n, (byte)(c >> 8), (byte)c]), c))]))],
        },
        "one pod that claims one address very often" => new WorkloadChange(i)
        {
            Nodes = [.. Enumerable.Range(0, 5).Select(n =>
                new NodeInfo($"{n}", [.. Enumerable.Range(0, Many).Select(c => new AddressClaim(new Address([1, 1, 1, 1]), c))]))],
        },
        "containers and cgroups" => new WorkloadChange(i)
        {
            Containers = [.. Enumerable.Range(0, Many).Select(n => new ContainerInfo($"{i:x}.{n:x}", "", "", ""))],
            Cgroups = [.. Enumerable.Range(0, Many).Select(n => new CgroupInfo(CgroupHierarchy.Unified, (ulong)(i * Many + n), ""))],
            Forgotten = [.. Enumerable.Range(0, Many).Select(n => new WorkloadKey(WorkloadKind.Container, $"{i - 1:x}.{n:x}"))],
        },
        "paths of slashes" => new WorkloadChange(i)
        {
            Cgroups = [.. Enumerable.Range(0, 60).Select(n => new CgroupInfo(CgroupHierarchy.Unified, (ulong)n, new string('/', 60_000)))]
        },
        "paths of pods" => new WorkloadChange(i)
        {
            Cgroups = [.. Enumerable.Range(0, 60)
                .Select(n => new CgroupInfo(CgroupHierarchy.Unified, (ulong)n, string.Concat(Enumerable.Repeat("podx/", 12_000))))]
        },
        "labels" => new WorkloadChange(i)
        {
            Pods = [new PodInfo($"{i}", "",
                "") { Labels = PodInfo.NoLabels.AddRange(Enumerable.Range(0, Many).Select(n => KeyValuePair.Create($"{n:x}", ""))) }]
        },
        "long labels" => new WorkloadChange(i)
        {
            Pods = [new PodInfo($"{i}", "", "") { Labels = PodInfo.NoLabels.AddRange(Enumerable.Range(0, 60)
                .Select(n => KeyValuePair.Create($"{n}", new string('\u001b', 60_000)))) }]
        },
        "checkpoints" => new WorkloadChange(i)
        {
            IsCheckpoint = true, Pods = [.. Enumerable.Range(0, Many).Select(n => new PodInfo($"{i:x}.{n:x}", "", ""))]
        },
        _ => new WorkloadChange(i) { Forgotten = [.. Enumerable.Range(0, Many).Select(n => new WorkloadKey(WorkloadKind.Pod, $"{n}"))] },
    });

    public static TheoryData<string> Bombs =>
        ["pods that share an address", "claims", "one pod that claims one address very often", "containers and cgroups", "paths of slashes",
            "paths of pods", "labels", "long labels", "checkpoints", "everything forgotten"];

    [Theory]
    [MemberData(nameof(Bombs))]
    public void MetadataBombStaysWithinTheMemoryLimit(string name)
    {
        const int records = 12, limitKb = 128 * 1024;
        using var folder = new TemporaryFolder();
        string file = folder.File("bomb.tct");
        using (FileStream to = File.Create(file))
        {
            to.Write(s_start);
            for (int i = 0; i < records; i++)
                to.Write(TraceBytes.Record(RecordKind.Metadata, Bomb(name, i), (uint)i + 1));
            to.Write(s_good);
        }
        foreach (string command in name == "claims" ? new[] { "show", "info" } : ["show"])
        {
            MeasuredRun run = MeasuredRun.Of(command, file);
            Assert.True(run.ExitCode is 0 or 3, $"{run}");
            Assert.DoesNotContain("internal error", run.Errors);
            Assert.True(run.PeakKb < limitKb, $"{name}: {command} {run}");
        }
    }

    [Fact]
    public void SmallRecordIsQuickWhateverTheNumberOfClaims()
    {
        byte[] tiny = MetadataRecord.Encode(
            new WorkloadChange(1) { Nodes = [new NodeInfo("n", [new AddressClaim(new Address([1, 1, 1, 1]), 5)])] });
        var trace = new MemoryStream();
        trace.Write(s_start);
        for (uint i = 0; i < 50_000; i++)
            trace.Write(TraceBytes.Record(RecordKind.Metadata, tiny, i + 1));
        long started = Stopwatch.GetTimestamp();
        Assert.Empty(Printing.Of(trace.ToArray()).Lines);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 120); // it took an hour once
    }

    [Fact]
    public void WriterStaysBelowTheLimitsWithManyShortLivedPods()
    {
        var to = new MemoryStream();
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(0));
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.FromHours(1), view, MetadataScope.Cluster);
        const int changes = 900, pods = 500;
        for (int i = 0; i < changes; i++)
        {
            var change = new WorkloadChange(i)
            {
                Forgotten = i == 0 ? [] : [.. Enumerable.Range(0, pods).Select(n => new WorkloadKey(WorkloadKind.Pod, $"{i - 1}.{n}"))],
                Pods = [.. Enumerable.Range(0, pods).Select(n => new PodInfo($"{i}.{n}", "shop", "web"))],
            };
            writer.OnWorkloads(change, view = view.With(change));
        }
        writer.Finish(new TraceEnd("test", 0, 0, 0));
        Assert.True((changes * 2 - 1) * pods > TraceLimits.MetadataParts * 2);
        Assert.Empty(TraceContents.Of(to.ToArray()).Damages);
    }

    /// <summary>A large cluster with realistic names, all of which are recorded.</summary>
    [Fact]
    public void LargeClusterFitsIntoTheLimitsSeveralTimes()
    {
        WorkloadChange cluster = new(0)
        {
            Pods = [.. Enumerable.Range(0, 5_000)
                .Select(i => new PodInfo(Guid.NewGuid().ToString(), "namespace-of-the-team", $"a-service-with-a-name-{i:x8}-{i:x5}")
            {
                Node = $"ip-10-1-{i % 250}-1.eu-central-1.compute.internal", Owner = "Deployment/a-service-with-a-name",
                Labels = PodInfo.NoLabels.AddRange(Enumerable.Range(0, 6)
                    .Select(l => KeyValuePair.Create($"app.kubernetes.io/label-{l}", "a-service-with-a-name"))),
                Claims = [new AddressClaim(new Address([10, 2, (byte)(i >> 8), (byte)i]), i)],
            })],
            Containers = [.. Enumerable.Range(0, 10_000).Select(i => new ContainerInfo($"{i:x64}", Guid.NewGuid().ToString(), "server",
                "registry.example/team/a-service-with-a-name:1.2.3"))],
        };
        const int several = 3;
        byte[][] records = [.. cluster.Split().Select(MetadataRecord.Encode)];
        Assert.InRange(cluster.Parts, 45_000, TraceLimits.MetadataParts / several);
        Assert.InRange(records.Sum(r => (long)r.Length), 5 << 19, TraceLimits.MetadataBytes / several);
        // No record comes near the size that its bytes in the file allow
        Each.Of(records, r => Assert.InRange(r.Length, 0, TraceBytes.Frame(r).Length * TraceLimits.RawPerByte / several));
    }
}
