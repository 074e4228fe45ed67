using TcpTracer.Formats.Output;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Replay;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>What the recorder learned too late, used for the events before.</summary>
public sealed class HindsightTests
{
    private static string Golden(string feature) => Path.Combine(Path.GetDirectoryName(Here())!, "../golden", feature, "trace.tct");

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string here = "") => here;

    private static string[] Pods(Enrichment enrichment)
    {
        var output = new MemoryStream();
        var printer = new TracePrinter(new EventFilter(Printing.Everything), TimeWindow.Everything, () => EventFormat.Parse("custom-columns=pod,container,dst", null, false), output, false, 1) { Enrichment = enrichment };
        printer.Print(new MemoryStream(File.ReadAllBytes(Golden("pods-cluster"))));
        return [.. System.Text.Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
    }

    [Fact]
    public void NamesWhatWasNotKnownYet()
    {
        string[] asSeen = Pods(Enrichment.AsSeen), hindsight = Pods(Enrichment.Hindsight);
        Assert.StartsWith("web-uid 333333333333 ", asSeen[1]);
        Assert.StartsWith("web-1 nginx ", hindsight[1]);
        Assert.Equal("<> <> 10.0.0.2:80", asSeen[0]);
        Assert.Equal("<> <> pod/shop/web-1:80", hindsight[0]);
    }

    [Fact]
    public void NeedsAFile()
    {
        RunResult run = TcptracerProgram.Run("show", "-", "--enrich", "hindsight");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("put what comes in on standard input into a file first", run.Errors);
    }
}
