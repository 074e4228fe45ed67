using System.Buffers.Binary;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Traces that were cut, changed and shuffled: everything that is still good is shown, and everything else is reported.</summary>
public sealed class DamagedTraceTests
{
    private const int Blocks = 4, RowsInBlock = 3;
    private static readonly TcpEvent[] s_events = RandomTraffic.Events(41, Blocks * RowsInBlock, processes: 2);
    private static readonly byte[] s_trace = TraceBytes.Write(s_events, RowsInBlock);
    private static readonly string[] s_lines = Printing.Of(s_trace).Lines;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void CutAnywhereLosesAtMostTheLastBlock(int workers)
    {
        int[] ends = [.. TraceBytes.Split(s_trace).Select(p => p.Offset + p.Bytes.Length)];
        for (int length = 0; length < s_trace.Length; length++)
        {
            Printing printing = Printing.Of(s_trace[..length], workers);
            if (length < ends[0])
            {
                Assert.Equal(TraceFault.NotATrace, printing.Refusal?.Fault);
                continue;
            }
            Assert.Null(printing.Refusal);
            // The frames are: the start; a block header and a record for the header, for each block, and for the end
            int whole = Math.Max(0, ends.Where((end, i) => i % 2 == 0 && end <= length).Count() - 2);
            Assert.Equal(s_lines.Take(Math.Min(whole, Blocks) * RowsInBlock), printing.Lines);
            Assert.False(printing.Findings.IsFinished);
            TraceDamage[] damages = [.. printing.Findings.Damages];
            if (length < ends[2])
                Assert.True(damages.Length is 1 or 2, $"{length}: {damages.Length} damages");
            else if (ends.Contains(length))
                Assert.Empty(damages);
            else
                Assert.Equal(TraceFault.CutTail, Assert.Single(damages).Fault);
        }
    }

    [Theory]
    [InlineData(1, false, 1)]
    [InlineData(3, false, 5)]
    [InlineData(1, true, 5)]
    public void FlippedBitNeverChangesARowSilently(int workers, bool pipe, int step)
    {
        byte[] bent = [.. s_trace];
        HashSet<string> known = [.. s_lines.Select(WithoutNode)];
        for (int bit = 0; bit < bent.Length * 8; bit += step)
        {
            bent[bit / 8] ^= (byte)(1 << bit % 8);
            Printing printing = Printing.Of(pipe ? new Pipe(bent, bit) : new MemoryStream(bent), workers);
            bent[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.True(printing.Refusal is null, $"bit {bit}: {printing.Refusal}");
            if (printing.Findings.Damages.Count == 0)
                Assert.True(s_lines.SequenceEqual(printing.Lines)
                    && printing.Findings.IsFinished, $"bit {bit}: rows changed, and nothing was said");
            // The name of the node is in the header, which may be damaged
            string[] lines = printing.Lines;
            Each.Of(lines, line => Assert.Contains(WithoutNode(line), known));
            Assert.True(s_lines.Length - lines.Length <= RowsInBlock, $"bit {bit}: {s_lines.Length - lines.Length} rows lost");
        }
    }

    private static readonly byte[] s_pods = TraceBytes.WithPods(43, 12);

    /// <summary>A line without the names that may be unknown if a metadata record or the header is lost.</summary>
    private static string Bare(string line) => string.Join(' ', line.Split(',').Where(p => p.Contains("\"conn\"", StringComparison.Ordinal)
        || p.Contains("\"timestamp\"", StringComparison.Ordinal) || p.Contains("\"operation\"", StringComparison.Ordinal)));

    [Fact]
    public void CutInMetadataLosesNoEarlierRow()
    {
        string[] lines = Printing.Of(s_pods).Lines;
        int start = TraceBytes.Split(s_pods)[0].Bytes.Length, before = 0;
        for (int length = start; length < s_pods.Length; length++)
        {
            Printing printing = Printing.Of(s_pods[..length], 1 + length % 2 * 2);
            Assert.Null(printing.Refusal);
            Assert.Equal(lines.Take(printing.Lines.Length), printing.Lines);
            Assert.True(printing.Lines.Length >= before, $"{length}: {printing.Lines.Length} rows, {before} of fewer bytes");
            before = printing.Lines.Length;
        }
        Assert.Equal(lines.Length, before); // the last cut removes a byte of the end record
    }

    [Fact]
    public void FlippedBitInMetadataNeverChangesARowOrNameSilently()
    {
        const int step = 3;
        byte[] bent = [.. s_pods];
        string[] lines = Printing.Of(s_pods).Lines;
        HashSet<string> known = [.. lines.Select(Bare)];
        for (int bit = 0; bit < bent.Length * 8; bit += step)
        {
            bent[bit / 8] ^= (byte)(1 << bit % 8);
            Printing printing = Printing.Of(bent, 1 + bit % 2 * 2);
            bent[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.True(printing.Refusal is null, $"bit {bit}: {printing.Refusal}");
            if (printing.Findings.Damages.Count == 0)
                Assert.True(lines.SequenceEqual(printing.Lines), $"bit {bit}: rows or names changed, and nothing was said");
            Each.Of(printing.Lines, l => Assert.Contains(Bare(l), known));
            Assert.True(lines.Length - printing.Lines.Length <= 2, $"bit {bit}: {lines.Length - printing.Lines.Length} rows lost");
        }
    }

    private static string WithoutNode(string line) => line.Replace("\"node\":\"node-1\"", "\"node\":\"\"", StringComparison.Ordinal);

    [Fact]
    public void FlippedBitInABlockHeaderOrTheStartLosesNothing()
    {
        foreach (TraceBytes.FramePart part in TraceBytes.Split(s_trace).Where(p => p.IsSkippable))
        {
            for (int bit = 8 * 8; bit < part.Bytes.Length * 8; bit++)
            {
                byte[] bent = [.. s_trace];
                bent[part.Offset + bit / 8] ^= (byte)(1 << bit % 8);
                Printing printing = Printing.Of(bent, 2);
                Assert.Equal(s_lines, printing.Lines);
                Assert.Empty(printing.Findings.Damages);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TraceWithoutSkippableFramesIsShownCompletely(int workers)
    {
        Printing printing = Printing.Of(TraceBytes.Join(TraceBytes.Split(s_trace).Where(p => !p.IsSkippable)), workers);
        Assert.Equal(s_lines, printing.Lines);
        Assert.Empty(printing.Findings.Damages);
        Assert.True(printing.Findings.IsFinished);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void DamagedRecordWithoutSkippableFramesLosesOnlyItself(int workers)
    {
        TraceBytes.FramePart[] records = [.. TraceBytes.Split(s_trace).Where(p => !p.IsSkippable)];
        records[2].Bytes[^1] ^= 1;
        Printing printing = Printing.Of(TraceBytes.Join(records), workers);
        Assert.Equal([.. s_lines.Take(RowsInBlock), .. s_lines.Skip(2 * RowsInBlock)], printing.Lines);
        Assert.Equal(TraceFault.BadChecksum, Assert.Single(printing.Findings.Damages).Fault);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ConcatenatedTracesAreRead(int workers)
    {
        TcpEvent[] more = RandomTraffic.Events(42, 3);
        byte[] second = TraceBytes.Write(more, 2, TraceBytes.Header with { Node = "node-2" });
        Printing printing = Printing.Of([.. s_trace, .. second, .. s_trace], workers);
        Assert.Equal([.. s_lines, .. Printing.Of(second).Lines, .. s_lines], printing.Lines);
        Assert.Empty(printing.Findings.Damages);
        Assert.Equal(3, printing.Lines.Count(l => l.Contains("\"node\":\"node-2\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void CutTraceMayBeFollowedByAnother()
    {
        Printing printing = Printing.Of([.. s_trace[..^200], .. s_trace], 2);
        Assert.Contains(printing.Findings.Damages, d => d.Fault != TraceFault.CutTail);
        Assert.Equal(s_lines, printing.Lines.TakeLast(s_lines.Length));
        Assert.Equal(s_lines.Take(printing.Lines.Length - s_lines.Length), printing.Lines.Take(printing.Lines.Length - s_lines.Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void BytesThatAreNoFrameAreReportedAndSkipped(int workers)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        int at = parts[7].Offset;
        byte[] rubbish = [.. Enumerable.Range(0, 300).Select(i => (byte)(i * 7)), .. BlockHeader.SyncWord, 1, 2, 3];
        Printing printing = Printing.Of([.. s_trace[..at], .. rubbish, .. s_trace[at..]], workers);
        Assert.Equal(s_lines, printing.Lines);
        TraceDamage damage = Assert.Single(printing.Findings.Damages);
        Assert.Equal((TraceFault.NoFrame, (long)at), (damage.Fault, damage.Offset));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void MissingBytesLoseOneBlock(int workers)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        for (int cut = 1; cut < parts[6].Bytes.Length; cut++)
        {
            if (cut == parts[7].Bytes.Length + parts[8].Bytes.Length)
                continue; // the lengths match again, so nothing tells the reader that another block begins inside this one
            int at = parts[6].Offset + (parts[6].Bytes.Length - cut) / 2;
            Printing printing = Printing.Of([.. s_trace[..at], .. s_trace[(at + cut)..]], workers);
            Assert.True(printing.Findings.Damages.Count > 0
                && s_lines.Take(RowsInBlock).Concat(s_lines.Skip(2 * RowsInBlock)).SequenceEqual(printing.Lines),
                $"{cut} bytes missing: {printing.Lines.Length} rows, {string.Join("; ", printing.Findings.Damages)}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void MissingBlockIsReported(int workers)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        Printing printing = Printing.Of(TraceBytes.Join([.. parts[..5], .. parts[9..]]), workers);
        Assert.Equal([.. s_lines.Take(RowsInBlock), .. s_lines.Skip(3 * RowsInBlock)], printing.Lines);
        Assert.Equal(new TraceDamage(TraceFault.MissingBlock, parts[5].Offset, "block 2", "block 4"),
            Assert.Single(printing.Findings.Damages));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void RepeatedBlockIsReported(int workers)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        Printing printing = Printing.Of(TraceBytes.Join([.. parts[..7], .. parts[5..]]), workers);
        Assert.Equal(s_lines.Length + RowsInBlock, printing.Lines.Length);
        Assert.Equal(new TraceDamage(TraceFault.OutOfOrder, parts[7].Offset, "block 3", "block 2"),
            Assert.Single(printing.Findings.Damages));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ReorderedBlocksAreAllShown(int workers)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        // Events come before the header, the second block before the first one, the end in the middle
        Printing printing = Printing.Of(
            TraceBytes.Join([parts[0], .. parts[5..7], .. parts[3..5], .. parts[11..], .. parts[1..3], .. parts[7..11]]), workers);
        Assert.Null(printing.Refusal);
        Assert.Equal(s_lines.Select(WithoutNode).Order(), printing.Lines.Select(WithoutNode).Order());
        Assert.NotEmpty(printing.Findings.Damages);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TraceWithoutHeaderRecordIsShown(int workers)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        Printing printing = Printing.Of(TraceBytes.Join([parts[0], .. parts[3..]]), workers);
        Assert.Equal(s_lines.Select(WithoutNode), printing.Lines);
        Assert.NotEmpty(printing.Findings.Damages);
    }

    /// <summary>A copy from the middle of a file begins at a block header. The start of the file and its header are lost.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void TraceWithoutItsBeginningIsShown(int workers)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        for (int first = 3; first < 3 + Blocks * 2; first++)
        {
            Printing printing = Printing.Of(TraceBytes.Join(parts[first..]), workers);
            if (parts[first].IsSkippable)
                Assert.Equal(s_lines.Skip((first - 3) / 2 * RowsInBlock).Select(WithoutNode), printing.Lines);
            else
                Assert.Equal(TraceFault.NotATrace, printing.Refusal?.Fault);
        }
    }

    [Fact]
    public void DamageReportsAreBounded()
    {
        byte[] bad = [.. Enumerable.Repeat(TraceBytes.Skippable(1, [1, 2, 3]).Concat(new byte[] { 9, 9, 9, 9 })
            .Concat(TraceBytes.HeaderFrame(new BlockHeader { Kind = RecordKind.Clock })), 5_000).SelectMany(b => b)];
        Printing printing = Printing.Of([.. s_trace, .. bad], 3);
        Assert.Equal(1000, printing.Findings.Damages.Count);
        Assert.True(printing.Findings.Damages.More > 3000);
    }

    [Theory]
    [InlineData(-1, TraceFault.NotATrace)]
    [InlineData(0, TraceFault.NotATrace)]
    public void OtherFilesAreRefusedAsNoTrace(int kind, TraceFault expected)
    {
        byte[] other = kind < 0 ? "#!/bin/sh\necho hello\n"u8.ToArray() : TraceBytes.Skippable(0, "another program's"u8);
        Assert.Equal(expected, Printing.Of(other).Refusal?.Fault);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void FalseBlockHeaderIsHarmlessOrReported(int workers)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        BlockHeader truth = BlockHeader.TryRead(parts[5].Bytes.AsSpan(8))!;
        foreach (BlockHeader lie in new[]
        {
            truth with { FrameBytes = 0 }, truth with { FrameBytes = truth.FrameBytes + 1 }, truth with { FrameBytes = int.MaxValue }, truth
                with { FrameBytes = -1 },
            truth with { RawBytes = -1 }, truth with { Rows = -1 }, truth with { Rows = int.MaxValue }, truth with
            {
                MinTimestamp = long.MaxValue, MaxTimestamp = long.MinValue
            },
            truth with { Kind = RecordKind.Clock }, truth with { Kind = RecordKind.Header }, truth with { Kind = (RecordKind)200 }, truth
                with { Sequence = uint.MaxValue },
            truth with { LossesSoFar = -1 }, truth with { Counts = [9, 9, 9, 9, 9, 9, 9, 9] },
        })
        {
            parts[5] = parts[5] with { Bytes = TraceBytes.HeaderFrame(lie) };
            Printing printing = Printing.Of(TraceBytes.Join(parts), workers);
            if (printing.Findings.Damages.Count == 0)
                Assert.Equal(s_lines, printing.Lines);
            else
                Assert.Empty(printing.Lines.Except(s_lines));
            Assert.True(printing.Lines.Length >= s_lines.Length - RowsInBlock);
        }
    }

    [Fact]
    public void SplitAndJoinedTraceIsUnchanged()
    {
        Assert.Equal(s_trace, TraceBytes.Join(TraceBytes.Split(s_trace)));
        Assert.Equal(0x184D2A50u, BinaryPrimitives.ReadUInt32LittleEndian(s_trace));
        Assert.Equal(1 + 2 * (1 + Blocks + 1), TraceBytes.Split(s_trace).Length);
    }
}
