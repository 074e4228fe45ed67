using System.Buffers.Binary;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Inspection;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>
/// A block header repeats what its block says. verify compares the two, because readers that skip blocks rely on the headers.
/// </summary>
public sealed class TraceVerifierTests
{
    private static readonly byte[] s_trace = TraceBytes.Write(RandomTraffic.Events(51, 900), 300);

    /// <summary>The trace with another header for the second block; its checksum is right.</summary>
    private static (byte[] Trace, int Header) WithHeader(Func<BlockHeader, BlockHeader> bend)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        int[] blocks = [.. Enumerable.Range(0, parts.Length)
            .Where(i => parts[i].IsSkippable && BlockHeader.TryRead(parts[i].Bytes.AsSpan(8)) is { IsEvents: true })];
        Assert.Equal(3, blocks.Length);
        int at = blocks[1];
        parts[at] = parts[at] with { Bytes = TraceBytes.HeaderFrame(bend(BlockHeader.TryRead(parts[at].Bytes.AsSpan(8))!)) };
        return (TraceBytes.Join(parts), parts[at].Offset);
    }

    private static TraceVerifier Verify(byte[] trace) => TraceVerifier.Of(new MemoryStream(trace));

    [Fact]
    public void GoodTraceHasNoDamage()
    {
        TraceVerifier found = Verify(WithHeader(h => h).Trace);
        Assert.Empty(found.Damages);
        Assert.Equal((3, 900L, true, 0L), (found.Blocks, found.Events, found.IsFinished, found.Lost));
    }

    public static TheoryData<string> Fields => ["rows", "earliest", "latest", "operations", "counts", "map", "no map's bit", "map's range"];

    [Theory]
    [MemberData(nameof(Fields))]
    public void BlockHeaderThatContradictsItsBlockIsDamage(string field)
    {
        (byte[] trace, int header) = WithHeader(h => field switch
        {
            "rows" => h with { Rows = h.Rows - 1 },
            "earliest" => h with { MinTimestamp = h.MinTimestamp + 1 },
            "latest" => h with { MaxTimestamp = h.MaxTimestamp - 1 },
            "operations" => h with { Operations = h.Operations & ~2u },
            "counts" => h with { Counts = [.. h.Counts.Select((c, i) => i == 1 ? c + 1 : c)] },
            "map" => h with { ZoneMap = Bent(h.ZoneMap, ^1, 0xff) },
            "no map's bit" => h with { ZoneMap = new byte[h.ZoneMap.Length] },
            _ => h with { ZoneMap = Bent(h.ZoneMap, 2, 0x01) },
        });
        TraceVerifier found = Verify(trace);
        TraceDamage damage = Assert.Single(found.Damages);
        Assert.Equal(TraceFault.BadHeader, damage.Fault);
        Assert.True(damage.Offset >= header, $"the damage at {header} is told at {damage.Offset}");
        Assert.Equal(900, found.Events); // the block itself is good
    }

    private static byte[] Bent(ReadOnlyMemory<byte> map, Index at, byte bits)
    {
        byte[] bent = map.ToArray();
        bent[at] ^= bits;
        return bent;
    }

    [Fact]
    public void CommandReportsTheDamageAndEndsWith3()
    {
        using var folder = new TemporaryFolder();
        string good = folder.File("good.tct"), bad = folder.File("bad.tct"), broken = folder.File("broken.tct");
        File.WriteAllBytes(good, s_trace);
        (byte[] trace, int header) = WithHeader(h => h with { Rows = h.Rows - 1 });
        File.WriteAllBytes(bad, trace);
        byte[] bits = [.. s_trace];
        // the rows, with a flipped bit, so that the checksum of the header is wrong
        BinaryPrimitives.WriteInt32LittleEndian(bits.AsSpan(header + 8 + 40), 299);
        File.WriteAllBytes(broken, bits);
        RunResult run = TcptracerProgram.Run("verify", good);
        Assert.Equal((0, $"{good}: good, 900 events in 3 good blocks\n"), (run.ExitCode, run.Output));
        foreach (string file in new[] { bad, broken })
        {
            run = TcptracerProgram.Run("verify", file);
            Assert.Equal(3, run.ExitCode);
            Assert.Matches($"^{file}: .*at offset [0-9]+", run.Lines[0]);
            Assert.Contains(run.Lines, l => l.StartsWith($"{file}: 1 damage, ", StringComparison.Ordinal));
        }
        Assert.Equal(3, TcptracerProgram.Run("verify", bad, good).ExitCode);
        string saved = folder.File("saved.tct");
        Assert.Equal(3, TcptracerProgram.Run("recover", broken, "-o", saved).ExitCode);
        Assert.Equal($"{saved}: good, 900 events in 3 good blocks\n", TcptracerProgram.Run("verify", saved).Output);
    }

    /// <summary>
    /// Of three blocks with 300 events each the second one is damaged: its record, with or without its header. Then the
    /// end record is cut off, too.
    /// </summary>
    [Theory]
    [InlineData("record", "300 of 900 events cannot be read (damage at offset ", "300 events lost")]
    [InlineData("header and record", "300 of 900 events cannot be read (damage at offset ", "300 events lost")]
    [InlineData("header, record and end", "how many events cannot be read is not known (damage at offset ", "damaged place")]
    [InlineData("third record cut", "300 of 900 events cannot be read (cut off at offset ", "300 events lost")]
    public void NumberOfUnreadableEventsIsReported(string what, string sentence, string recovered)
    {
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_trace);
        int[] headers = [.. Enumerable.Range(0, parts.Length)
            .Where(i => parts[i].IsSkippable && BlockHeader.TryRead(parts[i].Bytes.AsSpan(8)) is { IsEvents: true })];
        byte[] trace = [.. s_trace];
        void Bend(int part) => trace.AsSpan(parts[part].Offset + 12, 4).Fill(0xa5);
        if (what.Contains("header", StringComparison.Ordinal))
            Bend(headers[1]);
        if (what.Contains("third", StringComparison.Ordinal))
            trace = trace[..(parts[headers[2] + 1].Offset + 20)];
        else
            Bend(headers[1] + 1);
        if (what.Contains("end", StringComparison.Ordinal))
            trace = trace[..parts[headers[2] + 2].Offset];
        using var folder = new TemporaryFolder();
        string file = folder.File("bad.tct");
        File.WriteAllBytes(file, trace);
        Assert.Contains(TcptracerProgram.Run("verify", file).Lines, l => l.Contains($"; {sentence}", StringComparison.Ordinal));
        Assert.Contains($"  lost       0 events while recording; {sentence}", TcptracerProgram.Run("info", file).Output);
        Assert.Contains(recovered, TcptracerProgram.Run("recover", file, "-o", folder.File("saved.tct")).Errors);
    }

    /// <summary>A number that no writer can have written does no harm, and is not reported for a good trace.</summary>
    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(1L)]
    public void EndRecordWithAWrongCountIsNoDamage(long written)
    {
        var to = new MemoryStream();
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.Zero);
        writer.Finish(new TraceEnd("test", 0, written, 0));
        byte[] trace = [.. to.ToArray(), .. to.ToArray(), .. s_trace];
        TraceVerifier found = Verify(trace);
        Assert.Equal((900L, 0L), (found.Events, found.EventsUnread));
        trace[^1] ^= 1;
        found = Verify(trace);
        Assert.NotEmpty(found.Damages);
        Assert.InRange(found.EventsUnread, 0, long.MaxValue);
    }
}
