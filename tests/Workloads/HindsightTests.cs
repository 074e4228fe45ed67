using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Printing;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Names that the recorder learned too late are used for earlier events.</summary>
public sealed class HindsightTests
{
    private static string Golden(string feature) => Path.Combine(Path.GetDirectoryName(Here())!, "../golden/1.0", feature, "trace.tct");

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string here = "") => here;

    private static string[] Pods(Enrichment enrichment)
    {
        var output = new MemoryStream();
        var printer = new TracePrinter(Printing.SelectAll(enrichment),
            () => EventFormat.Parse("custom-columns=pod,container,dst", null, false), output, false, 1);
        printer.Print(new MemoryStream(File.ReadAllBytes(Golden("pods-cluster"))));
        return [.. System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
    }

    [Fact]
    public void HindsightNamesEventsBeforeTheirPodWasKnown()
    {
        string[] asSeen = Pods(Enrichment.AsSeen), hindsight = Pods(Enrichment.Hindsight);
        Assert.StartsWith("web-uid 333333333333 ", asSeen[1]);
        Assert.StartsWith("web-1 nginx ", hindsight[1]);
        Assert.Equal("<> <> 10.0.0.2:80", asSeen[0]);
        Assert.Equal("<> <> pod/shop/web-1:80", hindsight[0]);
    }

    private static string[] Pods(byte[] trace, Enrichment enrichment)
    {
        var output = new MemoryStream();
        new TracePrinter(Printing.SelectAll(enrichment), () => EventFormat.Parse("custom-columns=pod,dst", null, false), output, false, 1)
            .Print(new MemoryStream(trace));
        return [.. System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
    }

    /// <summary>
    /// A pod is known only between the first and the last of three events. Then it is forgotten: by name, or by a checkpoint without it.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HindsightUsesForgottenNames(bool byCheckpoint)
    {
        const ulong cgroup = 4711;
        string container = new('a', 64);
        TcpEvent e = SampleEvents.Seed with
        {
            Daddr = new Address([10, 9, 9, 9]),
            StartNs = 2_000_000_000_000,
            TimestampNs = 2_000_000_000_000
        };
        e.Process = new ProcessIdentity(1, 1, 0, 0, 0, new SafeText("web"), new SafeText("sh"), 1, 1, 1, cgroup, 0);
        var known = new WorkloadChange(e.TimestampNs)
        {
            Pods = [new PodInfo("uid-1", "shop", "web-1"),
                new PodInfo("uid-2", "shop", "db-1") { Claims = [new AddressClaim(e.Daddr, 0)] }],
            Containers = [new ContainerInfo(container, "uid-1", "nginx", "")],
            Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, cgroup, $"/kubepods/poduid-1/{container}")],
        };
        WorkloadChange gone = byCheckpoint ? new WorkloadChange(e.TimestampNs) { IsCheckpoint = true } : new WorkloadChange(e.TimestampNs)
        {
            Forgotten = [new(WorkloadKind.Pod, "uid-1"), new(WorkloadKind.Pod, "uid-2"), new(WorkloadKind.Container, container),
                CgroupInfo.KeyOf(CgroupHierarchy.Unified, cgroup)],
        };
        var to = new MemoryStream();
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(1));
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.Zero, view, MetadataScope.Cluster);
        foreach (WorkloadChange? change in new[] { null, known, gone })
        {
            if (change is not null)
                writer.OnWorkloads(change, view = view.With(change));
            writer.OnEvent(in e);
            writer.OnPause();
        }
        writer.Finish(new TraceEnd("test", 3, 3, 0));
        Assert.Equal(["? 10.9.9.9:443", "web-1 pod/shop/db-1:443", "? 10.9.9.9:443"], Pods(to.ToArray(), Enrichment.AsSeen));
        Assert.Equal(Enumerable.Repeat("web-1 pod/shop/db-1:443", 3), Pods(to.ToArray(), Enrichment.Hindsight));
    }

    /// <summary>Whatever is told later, and of whatever time: it fills what was empty, and changes nothing that was known.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void HindsightOnlyAdds(ulong seed)
    {
        byte[] trace = TraceBytes.WithPods(seed, 400);
        JsonElement[] seen = Rows(trace, Enrichment.AsSeen), hindsight = Rows(trace, Enrichment.Hindsight);
        Assert.Equal(seen.Length, hindsight.Length);
        int filled = 0;
        foreach ((JsonElement before, JsonElement after) in seen.Zip(hindsight))
        {
            foreach (string field in (string[])["namespace", "pod", "src", "dst", "owner"])
            {
                string? was = Known(before, field), now = Known(after, field);
                Assert.True(was is null || was == now, $"{field}: {was} became {now} in {after}");
                filled += was is null && now is not null ? 1 : 0;
            }
        }
        Assert.True(filled > 10, $"{filled} names were filled in");
    }

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(0, 12).Select(s => (ulong)s)];

    private static JsonElement[] Rows(byte[] trace, Enrichment enrichment)
    {
        var output = new MemoryStream();
        new TracePrinter(Printing.SelectAll(enrichment), () => EventFormat.Parse("json", "+owner,+src,+dst", true), output, false, 1)
            .Print(new MemoryStream(trace));
        return [.. System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement)];
    }

    /// <summary>
    /// The value of a field; null: not known. In a container outside of pods, the pod may not be known yet. Where the owner's pod is not
    /// known, a pod at its address is a guess only.
    /// </summary>
    private static string? Known(JsonElement row, string field)
    {
        string ns = row.GetProperty("namespace").GetString()!, container = row.GetProperty("container").GetString()!;
        bool isUnknownPod = field is "namespace" or "pod" && (ns == "?" || (ns == "<>" && container != "<>"));
        isUnknownPod |= field == "src" && (ns == "?" || (ns == "<>" && container != "<>"))
            && row.TryGetProperty("src", out JsonElement near) && near.GetProperty("kind").GetString() == "pod";
        return isUnknownPod || !row.TryGetProperty(field, out JsonElement value) ? null : value.ToString();
    }

    private static readonly Address s_shared = new([10, 9, 9, 9]);

    /// <summary>The names of four connections to one address, with a change of names between each two.</summary>
    private static string[] Named(Enrichment enrichment, params (long At, WorkloadChange Before)[] connections)
    {
        const long second = 1_000_000_000;
        var to = new MemoryStream();
        WorkloadView view = new WorkloadView(new SafeText("node-1")).With(new WorkloadChange(1));
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.Zero, view, MetadataScope.Cluster);
        foreach ((long at, WorkloadChange change) in connections)
        {
            writer.OnWorkloads(change, view = view.With(change));
            TcpEvent e = SampleEvents.Seed with { Daddr = s_shared, StartNs = at * second, TimestampNs = at * second };
            writer.OnEvent(in e);
            writer.OnPause();
        }
        writer.Finish(new TraceEnd("test", connections.Length, connections.Length, 0));
        return [.. Pods(to.ToArray(), enrichment).Select(l => l.Split(' ')[1])];
    }

    private static WorkloadChange At(long at, params (string Pod, long Since, long? Until)[] claims)
    {
        const long second = 1_000_000_000;
        return new WorkloadChange(at * second)
        {
            Pods = [.. claims.GroupBy(c => c.Pod).Select(p => new PodInfo($"uid-{p.Key}", "shop", p.Key)
            {
                Claims = [.. p.Where(c => c.Since > 0).Select(c => new AddressClaim(s_shared, c.Since * second, c.Until * second))],
            })],
        };
    }

    [Fact]
    public void PodThatIsSaidAgainWithoutItsEndedClaimKeepsItsName()
    {
        (long, WorkloadChange)[] connections =
        [
            (1_010, At(1_000, ("old", 1_000, null))),
            (1_030, At(1_020, ("old", 1_000, 1_020))),
            (1_130, At(1_120, ("old", 0, null), ("new", 1_100, null))),
        ];
        string[] expected = ["pod/shop/old:443", "10.9.9.9:443", "pod/shop/new:443"];
        Assert.Equal(expected, Named(Enrichment.AsSeen, connections));
        Assert.Equal(expected, Named(Enrichment.Hindsight, connections));
    }

    [Fact]
    public void ClaimThatIsOpenedAgainEarlierTakesNoNameAway()
    {
        (long, WorkloadChange)[] connections =
        [
            (1_010, At(1_000, ("old", 1_000, null))),
            (1_030, At(1_020, ("old", 1_000, 1_020), ("new", 1_021, null))),
            (1_040, At(1_040, ("new", 1_005, null))),
        ];
        string[] expected = ["pod/shop/old:443", "pod/shop/new:443", "pod/shop/new:443"];
        Assert.Equal(expected, Named(Enrichment.AsSeen, connections));
        Assert.Equal(expected, Named(Enrichment.Hindsight, connections));
    }

    [Fact]
    public void HindsightFillsATimeThatWasToldTooLateAndIsNotSaidAgain()
    {
        (long, WorkloadChange)[] connections =
        [
            (1_010, new WorkloadChange(1)),
            (1_200, At(1_100, ("old", 1_000, 1_050))),
            (1_300, At(1_250, ("old", 0, null), ("new", 1_240, null))),
        ];
        Assert.Equal(["10.9.9.9:443", "10.9.9.9:443", "pod/shop/new:443"], Named(Enrichment.AsSeen, connections));
        Assert.Equal(["pod/shop/old:443", "10.9.9.9:443", "pod/shop/new:443"], Named(Enrichment.Hindsight, connections));
    }

    [Fact]
    public void HindsightNeedsAFile()
    {
        RunResult run = TcptracerProgram.Run("show", "-", "--enrich", "hindsight");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("put what comes in on standard input into a file first", run.Errors);
    }
}
