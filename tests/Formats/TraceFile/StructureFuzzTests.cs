using System.Diagnostics;
using System.Globalization;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Summaries;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>
/// Files with a hostile structure, from a fixed seed. Each command ends in records and damages. Its counted work, its allocations and its
/// output are bounded by the bytes of the file. For a longer run: <c>tests/fuzz SECONDS [SEED]</c>.
/// </summary>
public sealed class StructureFuzzTests
{
    private const int Iterations = 40;
    private const long FreeText = 1 << 20;

    [Fact]
    public void MultipliedStructuresTakeBoundedWork()
    {
        int seconds = int.Parse(Environment.GetEnvironmentVariable("TCPTRACER_FUZZ_SECONDS") ?? "0", CultureInfo.InvariantCulture);
        int seed = int.Parse(Environment.GetEnvironmentVariable("TCPTRACER_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
        long started = Stopwatch.GetTimestamp();
        int shown = 0, damaged = 0, rounds = 0;
        for (int i = 0; seconds > 0 ? Stopwatch.GetElapsedTime(started).TotalSeconds < seconds : i < Iterations; i++, rounds++)
        {
            byte[] file = new HostileFile(new Random(unchecked(seed * 1_000_003 + i))).Next();
            try
            {
                (long passed, int damages) = Check(file);
                shown += passed > 0 ? 1 : 0;
                damaged += damages > 0 ? 1 : 0;
            }
            catch (Exception e)
            {
                string kept = Path.Combine(Path.GetTempPath(), $"tcptracer-hostile-{seed}-{i}.tct");
                File.WriteAllBytes(kept, file);
                Assert.Fail($"seed {seed}, iteration {i}, kept in {kept}: {e}");
            }
        }
        // Not everything may be refused at once, and some files must be hostile
        Assert.True(shown > rounds / 10 && damaged > rounds / 5, $"of {rounds} files {shown} showed events, {damaged} were damaged");
    }

    private static (long Passed, int Damages) Check(byte[] file)
    {
        (long one, byte[] output, int damages) = Print(file, 1);
        (long many, byte[] same, _) = Print(file, 3);
        Assert.Equal(one, many);
        Assert.True(output.AsSpan().SequenceEqual(same), "three workers print something else than one");
        AssertBounded("bytes printed", output.Length, file, Allowance.PerByte);
        AssertBounded("bytes allocated by verify", Allocated(() => TraceVerifier.Of(new MemoryStream(file))), file, 6_000);
        AssertBounded("bytes allocated by info", Allocated(() => TraceSurvey.Of(new MemoryStream(file))), file, 20_000);
        var reader = new TraceReader(new MemoryStream(file));
        reader.Read(new Ignorant());
        AssertBounded("bytes read again", reader.BytesAgain, file, 20);
        var recovered = new MemoryStream();
        TraceRecovery saved = TraceRecovery.Run(new MemoryStream(file), recovered);
        AssertBounded("bytes recovered", recovered.Length, file, 200);
        recovered.Position = 0;
        TraceVerifier verified = TraceVerifier.Of(recovered);
        Assert.Equal((0, saved.Events), (verified.Damages.Count, verified.Events));
        Sum(file);
        Copy(file);
        long keys = AddressOwner.KeysCompared, texts = LongTexts.BytesLookedAt;
        Select(file);
        Assert.Equal(0, AddressOwner.KeysCompared - keys);
        AssertBounded("bytes compared with a filter", LongTexts.BytesLookedAt - texts, file, 500);
        return (one, damages);
    }

    /// <summary>The copy of any file is an undamaged trace of bounded size.</summary>
    private static void Copy(byte[] file)
    {
        Func<byte[]>[] copies =
        [
            () => Copying.Filter(file).Bytes,
            () => Copying.Filter(file, new TcpTracer.Formats.Filter.Selection { Op = "connect" }).Bytes,
            () => Copying.Redact(file).Bytes,
            () => MergeTests.Merge([file, file]).Merged,
        ];
        Each.Of(copies, copy =>
        {
            byte[] made = copy();
            AssertBounded("bytes copied", made.Length, file, 200);
            TraceVerifier verified = TraceVerifier.Of(new MemoryStream(made));
            Assert.Equal(0, verified.Damages.Total);
            Assert.True(verified.IsFinished && verified.Events <= 2 * AllEvents(file));
        });
    }

    private static long AllEvents(byte[] file) => TraceVerifier.Of(new MemoryStream(file)).Events;

    /// <summary>Selects by the text of fields, and by the names of addresses.</summary>
    private static void Select(byte[] file) => Printing.Of(file, 1, selection: Printing.Everything with { Filter = Nothing });

    private const string Nothing = "args =~ 'no.such' or owner == 'none' or dst == 'pod/none/none:1' or labels =~ 'no.such'";

    private static void AssertBounded(string what, long count, byte[] file, long perByte) =>
        Assert.True(count <= (96L << 20) + file.Length * perByte, $"{count} {what} of a file of {file.Length}");

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static (long Passed, byte[] Output, int Damages) Print(byte[] file, int workers)
    {
        var output = new MemoryStream();
        var printer = new TracePrinter(Printing.SelectAll(), () => EventFormat.Parse("json", "+labels", true), output, true, workers)
        {
            ParallelFrom = 0, FreeText = FreeText,
        };
        printer.Print(new MemoryStream(file));
        return (printer.Selection.Passed, output.ToArray(), printer.Selection.Findings.Damages.Count);
    }

    private static void Sum(byte[] file)
    {
        var allowance = new Allowance(FreeText);
        TraceSummary[] workers = [new([Fields.Find("comm"), Fields.Find("sport")]) { Allowance = allowance, MostBytes = 50_000 },
            new([Fields.Find("comm"), Fields.Find("sport")]) { Allowance = allowance, MostBytes = 50_000 }];
        var scan = new BlockScan(Printing.SelectAll(Enrichment.Hindsight)) { Allowance = allowance, ParallelFrom = 0 };
        scan.Run(new MemoryStream(file), workers);
        Assert.True(workers.Sum(w => w.NamesMade) <= allowance.Limit / Allowance.OfEvent + workers.Length, "names were made without end");
        using var groups = new SummaryGroups(workers);
        Assert.True(groups.InOrder().Sum(g => g.Value.Events) <= scan.Selection.Passed);
    }

    /// <summary>Takes everything, and does nothing.</summary>
    private sealed class Ignorant : ITraceVisitor
    {
        public void OnHeader(TraceHeader header)
        {
            // nothing to do
        }

        public void OnEvents(EventBlock block)
        {
            // nothing to do
        }

        public void OnClock(in TcpTracer.Formats.Events.ClockSample sample)
        {
            // nothing to do
        }

        public void OnLoss(in TcpTracer.Formats.Events.LossRecord loss)
        {
            // nothing to do
        }

        public void OnEnd(TraceEnd end)
        {
            // nothing to do
        }

        public void OnDamage(TraceDamage damage)
        {
            // nothing to do
        }

        public void OnUnknown(string kind)
        {
            // nothing to do
        }
    }
}
