using System.Globalization;
using TcpTracer.Formats.Events;
using TcpTracer.Replay.Calls;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The groups of <c>tcptracer summary --by</c>: their order, their intervals, their formats.</summary>
public sealed class SummaryGroupsTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct");
    private readonly TemporaryFolder _folder = new();

    private static string[][] Csv(params string[] options) =>
        [.. TcptracerProgram.Run(["summary", s_shop, "-o", "csv", .. options]).Lines.Select(l => l.Split(','))];

    private static string[] Column(string[][] table, string key) =>
        [.. table.Skip(1).Select(r => r[Array.IndexOf(table[0], key)])];

    [Theory]
    [InlineData("failed", false)]
    [InlineData("-latency_p99", false)]
    [InlineData("first", true)]
    [InlineData("-sent", false)]
    [InlineData("received_bytes:desc", false)]
    [InlineData("comm", true)]
    [InlineData("-dport", false)]
    public void RowsHaveTheRequestedOrder(string sort, bool isText)
    {
        string[][] table = Csv("--by", "comm,dport", $"--sort={sort}");
        string name = sort.Trim('-').Split(':')[0];
        string[] values = Column(table, Array.Find(table[0], k => k == name || k == name + "_bytes" || k == name + "_ns")!);
        string[] known = [.. values.Where(v => v.Length > 0)];
        Assert.Equal(known, values.Take(known.Length)); // what is not known comes last
        bool isDescending = sort.StartsWith('-') || sort.EndsWith(":desc", StringComparison.Ordinal);
        string[] sorted = isText ? [.. known.Order(StringComparer.Ordinal)]
            : [.. known.OrderBy(v => long.Parse(v, CultureInfo.InvariantCulture) * (isDescending ? -1 : 1))];
        Assert.Equal(sorted, known);
        Assert.InRange(known.Distinct().Count(), 2, 100);
    }

    [Fact]
    public void IntervalsAddUpToTheTotal()
    {
        foreach (string[] by in new string[][] { [], ["--by", "comm"] })
        {
            string[][] table = Csv(["--every", "500ms", .. by]);
            Assert.Equal("interval", table[0][0]);
            string[] intervals = Column(table, "interval");
            Assert.Equal(intervals.Order(StringComparer.Ordinal), intervals);
            Each.Of(intervals, i => Assert.Matches(@"\.[05]00000000Z$", i));
            Assert.Equal(227, Column(table, "events").Sum(e => int.Parse(e, CultureInfo.InvariantCulture)));
            Each.Of(table.Skip(1), row =>
            {
                string end = DateTime.Parse(row[0][..23] + "Z", CultureInfo.InvariantCulture).ToUniversalTime().AddMilliseconds(500)
                    .ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture);
                bool isWithin = string.CompareOrdinal(row[^2], row[0]) >= 0 && string.CompareOrdinal(row[^1][..23], end) < 0;
                Assert.True(isWithin, string.Join(',', row));
            });
        }
        string[][] one = Csv("--every", "1h", "--by", "comm"), all = Csv("--by", "comm");
        Assert.Equal(all.Skip(1).Select(r => string.Join(',', r)), one.Skip(1).Select(r => string.Join(',', r.Skip(1))));
    }

    /// <summary>Each interval has its own first N, in whatever order its rows are.</summary>
    [Theory]
    [InlineData("-events")]
    [InlineData("comm")]
    [InlineData("-latency_p99")]
    public void LimitCountsTheGroupsOfEachInterval(string sort)
    {
        string[][] Of(params string[] more) => [.. Csv(["--every", "2s", "--by", "comm", $"--sort={sort}", .. more]).Skip(1)];
        string[][] expected = [.. Of().GroupBy(r => r[0]).SelectMany(g => g.Take(2))];
        Assert.Equal((4, 8), (expected.Select(r => r[0]).Distinct().Count(), expected.Length));
        Assert.Equal(expected, Of("--limit", "2"));
    }

    [Theory]
    [InlineData("--sort=comm", "--sort orders the rows of --by")]
    [InlineData("--by comm --sort=pod", "pod")]
    [InlineData("--by comm --sort=-", "by which field?")]
    [InlineData("--every 0s", "--every")]
    [InlineData("--every 2s --limit 1", "--limit counts the groups of each interval")]
    [InlineData("-o csv", "a page has no form for -o csv")]
    public void OptionWithoutEffectIsAUsageError(string options, string sentence)
    {
        RunResult run = TcptracerProgram.Run(["summary", s_shop, .. options.Split(' ')]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Errors);
    }

    [Fact]
    public void FormulaIsEscapedInCsv()
    {
        string file = _folder.File("t.tct");
        File.WriteAllBytes(file, SampleEvents.Trace(events: [SampleEvents.Make(Operation.Connect, "=1+1,\"x")]));
        Assert.StartsWith("\"'=1+1,\"\"x\",", TcptracerProgram.Run("summary", file, "--by", "comm", "-o", "csv").Lines[1]);
    }

    /// <summary>Two halves of a sketch give what the whole does, and survive a file.</summary>
    [Fact]
    public void MergedHalvesOfASketchEqualTheWholeEvenFromAFile()
    {
        var random = new Random(11);
        ValueSketch large = new(), small = new(), half = new();
        for (int i = 0; i < 20_000; i++)
        {
            ulong value = (ulong)Math.Exp(random.NextDouble() * 43);
            large.Add(value);
            (i % 2 == 0 ? small : half).Add(value);
        }
        small.Add(half);
        byte[] bytes = new byte[ValueSketch.BytesInFile(small.BucketCount)];
        small.WriteTo(bytes);
        ValueSketch read = ValueSketch.Read(bytes, small.BucketCount);
        Assert.Equal(small, read);
        foreach (double share in new[] { 0, 0.01, 0.5, 0.9, 0.99, 1 })
            Assert.Equal((large.Percentile(share), large.Percentile(share)), (small.Percentile(share), read.Percentile(share)));
        Assert.InRange(small.BucketCount, 500, ValueSketch.MostBuckets);
    }

    public void Dispose() => _folder.Dispose();
}
