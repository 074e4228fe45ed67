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

    [Fact]
    public void HindsightNeedsAFile()
    {
        RunResult run = TcptracerProgram.Run("show", "-", "--enrich", "hindsight");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("put what comes in on standard input into a file first", run.Errors);
    }
}
