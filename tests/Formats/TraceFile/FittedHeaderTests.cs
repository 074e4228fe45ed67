using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>A copy whose header would have more text than a record may have can be read, and says what is left out.</summary>
public sealed class FittedHeaderTests
{
    private static byte[] Trace(int i, params string[] command) => TraceBytes.Write(RandomTraffic.Events(1, 2), null,
        TraceBytes.Header with { Node = $"node-{i}", BootId = $"boot-{i}", CommandLine = ["record", "-o", .. command] });

    private static TraceHeader Read(byte[] trace)
    {
        TraceContents contents = TraceContents.Of(trace);
        Assert.Empty(contents.Damages);
        return contents.Headers[0];
    }

    [Fact]
    public void HeaderThatFitsIsWrittenAsItIs()
    {
        string[] command = [.. Enumerable.Repeat("argument", 1_000)];
        Assert.Equal(["record", "-o", .. command], Read(Trace(1, command)).CommandLine);
        (byte[] merged, var merge) = MergeTests.Merge([Trace(1, command), Trace(2, command)]);
        Assert.False(merge.IsHeaderCut);
        Assert.Equal(["record", "-o", .. command], Read(merged).Merged[1].Header.CommandLine);
    }

    /// <summary>As of a cluster of eighty nodes that was recorded with --args.</summary>
    [Fact]
    public void LongCommandLinesOfManySourcesAreLeftOut()
    {
        (byte[] merged, var merge) = MergeTests.Merge([.. Enumerable.Range(0, 80).Select(i => Trace(i, new string('a', 60_000)))]);
        Assert.True(merge.IsHeaderCut);
        TraceHeader header = Read(merged);
        Assert.Equal(80, header.Merged.Count);
        Assert.Equal("node-79", header.Merged[79].Header.Node);
        Assert.Equal(["record", "..."], header.Merged[79].Header.CommandLine);
        Assert.Equal(TraceBytes.Header.Hooks, header.Merged[79].Header.Hooks);
    }

    /// <summary>Whatever a stranger's headers hold, what is written of them can be read.</summary>
    [Fact]
    public void LongestHeadersAreCut()
    {
        string text = new('x', TraceLimits.StringBytes), node = new('n', 1_000);
        var source = new TraceHeader { Tool = text, Node = node, Kernel = text, Machine = text, BootId = text, Hooks = [text, text] };
        TraceHeader all = TraceBytes.Header with
        {
            Required = [TraceHeader.MergedFeature],
            CommandLine = [.. Enumerable.Repeat("", 20_000)],
            Copies = [.. Enumerable.Repeat(new CopyNote("filter", text, text), TraceLimits.Copies)],
            Merged = [.. Enumerable.Repeat(new MergedSource(source), TraceLimits.Sources)],
            Absent = [.. Enumerable.Range(0, TraceLimits.Sources).Select(i => new AbsentNode($"{i}{node}", text))],
        };
        TraceHeader header = Read(TraceBytes.Write(RandomTraffic.Events(1, 2), null, all));
        Assert.Equal((TraceLimits.Sources, TraceLimits.Sources, TraceLimits.Copies),
            (header.Merged.Count, header.Absent.Count, header.Copies.Count));
        Assert.StartsWith(node[..TraceLimits.NodeChars], header.Merged[9].Header.Node);
    }

    /// <summary>A record of a command with very many arguments, and a copy with a very long filter.</summary>
    [Fact]
    public void TextsBeyondTheirOwnLimitsAreLeftOut()
    {
        Assert.Equal(["record", "..."], Read(Trace(1, [.. Enumerable.Repeat("a", 20_000)])).CommandLine);
        Assert.Equal(["record", "..."], Read(Trace(1, new string('a', 70_000))).CommandLine);
        Assert.StartsWith("xxx", Read(TraceBytes.Write(RandomTraffic.Events(1, 2), null, TraceBytes.Header with
        {
            Copies = [new CopyNote("filter", new string('x', 70_000), "tcptracer")],
        })).Copies[0].Options);
    }
}
