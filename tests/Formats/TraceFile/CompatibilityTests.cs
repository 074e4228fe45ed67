using MessagePack;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>The table "Compatibility" of docs/trace-format.md, line by line.</summary>
public sealed class CompatibilityTests
{
    private static readonly TcpEvent[] s_events =
        [.. RandomTraffic.Events(61, 60).Where(e => System.Text.Unicode.Utf8.IsValid(e.Process.Comm.Raw)
            && System.Text.Unicode.Utf8.IsValid(e.Process.ParentComm.Raw) && System.Text.Unicode.Utf8.IsValid(e.Other.Comm.Raw))];
    private static readonly byte[] s_trace = TraceBytes.Write(s_events, 20);
    private static readonly string[] s_lines = Printing.Of(s_trace).Lines;

    private static Dictionary<object, object?> Map(object? map) => (Dictionary<object, object?>)map!;

    private static Printing CheckSameRows(byte[] trace)
    {
        Printing printing = Printing.Of(trace, 3);
        Assert.Null(printing.Refusal);
        Assert.Empty(printing.Findings.Damages);
        Assert.Equal(s_lines, printing.Lines);
        return printing;
    }

    [Fact]
    public void RewritingATraceKeepsItsRows() => CheckSameRows(TraceBytes.Edit(s_trace, "events", _ => { }));

    [Fact]
    public void HigherMajorVersionIsRefused()
    {
        byte[] trace = TraceBytes.Write(s_events, null, TraceBytes.Header with { Major = 2, Minor = 7, Tool = "tcptracer 9\u001b[31m" });
        Assert.Equal(TraceFault.TooNew, Printing.Of(trace).Refusal?.Fault);
        CheckRefusal(trace, "needs a newer tcptracer", "2.7");
    }

    [Fact]
    public void UnknownRequiredFeatureIsRefused()
    {
        byte[] trace = TraceBytes.Write(s_events, null, TraceBytes.Header with { Required = ["encryption"] });
        CheckRefusal(trace, "needs a newer tcptracer", "encryption");
    }

    private static void CheckRefusal(byte[] trace, params string[] words)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("new.tct"), trace);
        RunResult run = TcptracerProgram.Run("show", folder.File("new.tct"));
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.OutputBytes);
        Each.Of(words, w => Assert.Contains(w, run.Errors));
        Assert.DoesNotContain('\u001b', run.Errors);
        Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void HigherMinorVersionIsRead() => CheckSameRows(TraceBytes.Write(s_events, 20, TraceBytes.Header with { Minor = 99 }));

    [Fact]
    public void UnknownKindOfRecordIsSkippedAndReportedOnce()
    {
        byte[] unknown = TraceBytes.Pack((ref MessagePackWriter to) =>
        {
            to.WriteMapHeader(2);
            to.Write("t");
            to.Write("weather");
            to.Write("rain");
            to.Write(true);
        });
        int start = TraceBytes.Start().Length;
        byte[] trace = [.. s_trace[..start], .. TraceBytes.Record((RecordKind)99, unknown, 1),
            .. TraceBytes.Record((RecordKind)99, unknown, 2), .. TraceBytes.Record((RecordKind)99, unknown, 3)];
        TraceBytes.FramePart[] rest = TraceBytes.Split(s_trace)[3..];
        for (int i = 0; i < rest.Length; i += 2)
            rest[i] = rest[i] with
            {
                Bytes = TraceBytes.HeaderFrame(BlockHeader.TryRead(rest[i].Bytes.AsSpan(8))! is var h
                    ? h with { Sequence = h.Sequence + 3 } : null!)
            };
        trace = [.. trace, .. TraceBytes.Join(rest)];
        Assert.Equal(["weather"], CheckSameRows(trace).Findings.UnknownNames);
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("later.tct"), trace);
        RunResult run = TcptracerProgram.Run("show", "--existing", "-o", "json", folder.File("later.tct"));
        Assert.Equal(0, run.ExitCode);
        Assert.Single(run.Errors.Split('\n'), l => l.Contains("weather", StringComparison.Ordinal));
    }

    [Fact]
    public void UnknownKeysAreIgnored()
    {
        foreach (string kind in new[] { "header", "events", "end" })
            CheckSameRows(TraceBytes.Edit(s_trace, kind,
                r => r["later"] = new object[] { 1, "two", new Dictionary<object, object?> { ["x"] = 1.5 } }));
    }

    [Fact]
    public void UnknownColumnsAreIgnored() =>
        CheckSameRows(TraceBytes.Edit(s_trace, "events", r => Map(r["c"])["later"] = new object[] { 1, 2, 3, new byte[4] }));

    [Fact]
    public void UnknownDictionariesAreIgnored() =>
        CheckSameRows(TraceBytes.Edit(s_trace, "events", r => Map(r["d"])["later"] = new object[] { 1, 2 }));

    [Fact]
    public void UnknownPartsOfArraysAreIgnored() => CheckSameRows(TraceBytes.Edit(s_trace, "events", r =>
    {
        object?[] More(object? parts) => [.. (object?[])parts!, "more", new object[] { 1 }];
        r["clock"] = More(r["clock"]);
        foreach (string name in new[] { "kind", "other" })
            Map(r["d"])[name] = ((object?[])Map(r["d"])[name]!).Select(More).ToArray();
        Map(r["d"])["process"] = ((object?[])Map(r["d"])["process"]!)
            .Select(p => More((object?[])[.. (object?[])p!, .. new object[] { "", "", 0 }.Skip(((object?[])p!).Length - 12)])).ToArray();
        foreach (string name in new[] { "local", "remote" })
            Map(r["d"])[name] = More(Map(r["d"])[name]);
        object?[] back = (object?[])Map(r["c"])["back"]!;
        Map(r["c"])["back"] = More((object?[])[.. back[..4], 0, 0]);
    }));

    [Fact]
    public void UnknownKeysAndPartsOfMetadataAreIgnored()
    {
        byte[] trace = TraceBytes.WithPods(62, 60);
        object?[] More(object? parts) => [.. (object?[])parts!, "more", new object[] { 1 }];
        byte[] later = TraceBytes.Edit(trace, "metadata", r =>
        {
            r["later"] = new object[] { 1, new Dictionary<object, object?> { ["x"] = 1.5 } };
            foreach (string list in new[] { "pods", "containers", "cgroups", "services", "nodes", "forgotten" })
            {
                if (r.TryGetValue(list, out object? entries))
                    r[list] = ((object?[])entries!)
                        .Select(e => list is "pods" or "services" or "nodes" ? More(MoreClaims((object?[])e!)) : More(e)).ToArray();
            }
        });
        Assert.True(later.Length > trace.Length);
        Printing expected = Printing.Of(trace), printing = Printing.Of(later, 3);
        Assert.Empty(printing.Findings.Damages);
        Assert.Equal(expected.Lines, printing.Lines);
        Assert.Contains(expected.Lines, l => l.Contains("\"dst\":{", StringComparison.Ordinal));

        object?[] MoreClaims(object?[] entry) => [.. entry[..^1], ((object?[])entry[^1]!).Select(More).ToArray()];
    }

    [Fact]
    public void ColumnOfUnknownEncodingReadsAsZeroWithOneWarning()
    {
        byte[] trace = TraceBytes.Edit(s_trace, "events", r => Map(r["c"])["fd"] = new object[] { 9, "later", new byte[3], 1, 2, 3, 4 });
        Printing printing = Printing.Of(trace, 3);
        Assert.Empty(printing.Findings.Damages);
        Assert.Contains("fd", Assert.Single(printing.Findings.UnknownNames));
        Assert.Equal(s_events.Length, printing.Lines.Length);
        Each.Of(TraceContents.Of(trace).Events, e => Assert.Equal(0, e.Fd));
    }

    [Fact]
    public void MissingColumnReadsAsZero()
    {
        TraceContents contents = TraceContents.Of(TraceBytes.Edit(s_trace, "events", r => Map(r["c"]).Remove("received")));
        Assert.Empty(contents.Damages);
        Each.Of(contents.Events, e => Assert.Equal(0ul, e.Received));
        Assert.Equal(s_events.Select(e => e.Sent), contents.Events.Select(e => e.Sent));
    }

    [Fact]
    public void EveryMissingColumnReadsAsZeroOrRefusesTheBlock()
    {
        foreach (string column in Enum.GetValues<EventColumn>().Select(EventColumns.NameOf))
        {
            // Only in later blocks, because nothing of the first block may remain in the reader
            int block = 0;
            byte[] trace = TraceBytes.Edit(s_trace, "events", r =>
            {
                if (block++ > 0)
                    Map(r["c"]).Remove(column);
            });
            TraceContents contents = TraceContents.Of(trace);
            Assert.True(contents.Events.Count >= contents.BlockSizes[0]);
            Printing.Of(trace, 3);
        }
        TcpEvent[] closes = [.. s_events.Take(8)];
        for (int i = 0; i < closes.Length; i++)
            closes[i].Operation = i < 4 ? (Operation)(i + 1) : Operation.Accept;
        int part = 0;
        TraceContents kinds = TraceContents.Of(TraceBytes.Edit(TraceBytes.Write(closes, 4), "events", r =>
        {
            if (part++ == 0)
                return;
            Map(r["c"]).Remove("kind");
            foreach (EventColumn column in EventColumns.OfSomeOperations)
                Map(r["c"]).Remove(EventColumns.NameOf(column));
        }));
        Assert.Empty(kinds.Damages);
        Assert.Equal(Enumerable.Repeat(Operation.Accept, 4), kinds.Events.Skip(4).Select(e => e.Operation));
    }

    [Fact]
    public void Version10BytesOfOlderConnectionsAreNotTrusted()
    {
        TcpEvent existing = SampleEvents.Make(Operation.Existing) with { Sent = 1, Received = 2, Retransmits = 3, SrttUs = 4 },
            close = SampleEvents.Make(Operation.Close) with { Sent = 5 };
        byte[] trace = TraceBytes.Write([existing, close]);
        byte[] old = TraceBytes.Edit(trace, "events", r =>
        {
            Map(r["c"]).Remove("flow");
            Map(r["c"]).Remove("closing");
        });
        string[] now = Printing.Of(trace).Lines, before = Printing.Of(old).Lines;
        Assert.Contains("\"sent_bytes\":1,\"received_bytes\":2,\"retransmits\":3,\"srtt_us\":4,", now[0]);
        Each.Of(["sent_bytes", "received_bytes", "retransmits", "srtt_us"], key => Assert.DoesNotContain(key, before[0]));
        Assert.Equal(now[1], before[1]);
        Assert.Equal([EventFlags.Uncounted, EventFlags.None], TraceContents.Of(old).Events.Select(e => e.Flags));
        Assert.Empty(Printing.Of(old, 1, "json", new() { Existing = true, Filter = "sent_bytes < 5" }).Lines);
        Assert.Single(Printing.Of(trace, 1, "json", new() { Existing = true, Filter = "sent_bytes < 5" }).Lines);
    }

    [Fact]
    public void EveryColumnMayBeAPlainArray()
    {
        byte[] trace = TraceBytes.Edit(s_trace, "events", r =>
        {
            Dictionary<object, object?> columns = Map(r["c"]);
            int rows = Convert.ToInt32(r["n"]), openings = Convert.ToInt32(r["openings"]);
            columns["ts"] = new object[] { 3, 0, 0, Enumerable.Range(0, rows).Select(i => (object)(i * 1000L)).ToArray() };
            columns["fd"] = new object[] { 3, 0, 0, Enumerable.Range(0, openings).Select(i => (object)7).ToArray(), 0, -1 };
            columns["srtt"] = new object[] { 3, 0, 0, Enumerable.Range(0, rows).Select(i => (object)(i + 1)).ToArray() };
        });
        TraceContents contents = TraceContents.Of(trace);
        Assert.Empty(contents.Damages);
        Each.Of(contents.Events, e => Assert.Equal(7, e.Fd));
        Assert.Equal(contents.BlockSizes.SelectMany(n => Enumerable.Range(1, n).Select(i => (uint)i)),
            contents.Events.Select(e => e.SrttUs));
        Assert.Equal(contents.BlockSizes.SelectMany(n => Enumerable.Range(0, n).Select(i => i * 1000L)),
            contents.Events.Select(e => e.TimestampNs));
    }

    [Fact]
    public void UnknownOperationIsShownAsItsNumber()
    {
        TcpEvent e = s_events[0];
        foreach (byte number in new byte[] { 9, 17, 31, 40, 255 })
        {
            e.Operation = (Operation)number;
            Assert.Contains($"\"operation\":\"unknown({number})\"", Assert.Single(Printing.Of(TraceBytes.Write([e]), 2).Lines));
            Assert.Single(Printing.Of(TraceBytes.Write([e]), 2, "json", new()).Lines);
            Assert.Empty(Printing.Of(TraceBytes.Write([e]), 2, "json", new() { Op = "connect" }).Lines);
        }
    }

    [Fact]
    public void LongerBlockHeaderIsRead()
    {
        TraceBytes.FramePart[] parts = [.. TraceBytes.Split(s_trace).Select((p, i) => i % 2 == 0
            ? p : p with { Bytes = TraceBytes.HeaderFrame(BlockHeader.TryRead(p.Bytes.AsSpan(8))! with { ZoneMap = new byte[200] }) })];
        CheckSameRows(TraceBytes.Join(parts));
        CheckSameRows(TraceBytes.Join(parts.SelectMany(p =>
            new[] { p, new TraceBytes.FramePart(0, p.IsSkippable ? [] : TraceBytes.Skippable(9, "something of a later version"u8)) })));
    }
}
