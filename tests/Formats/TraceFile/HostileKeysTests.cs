using System.Text.RegularExpressions;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Summaries;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Keys and texts that are chosen so that each look-up, or each row, costs as much as a whole table or a whole text.</summary>
public sealed class HostileKeysTests
{
    private const int Many = 20_000;

    /// <summary>A number whose halves are equal: .NET's own hash code of each such number is 0.</summary>
    private static ulong Chosen(int i) => (ulong)i << 32 | (uint)i;

    private static void AssertSpread(string what, IEnumerable<int> hashes) =>
        Assert.True(hashes.Distinct().Count() > Many * 99L / 100, what);

    [Fact]
    public void NumbersChosenToCollideGetDifferentHashCodes()
    {
        Assert.Single(Enumerable.Range(0, Many).Select(i => Chosen(i).GetHashCode()).Distinct());
        AssertSpread("one", Enumerable.Range(0, Many).Select(i => SeededHash.One.GetHashCode(Chosen(i))));
        AssertSpread("two", Enumerable.Range(0, Many).Select(i => SeededHash.Two.GetHashCode((Chosen(i), 0))));
        AssertSpread("the other", Enumerable.Range(0, Many).Select(i => SeededHash.Two.GetHashCode((7, Chosen(i)))));
        WorkloadIndex index = WorkloadIndex.Empty.With(new WorkloadChange(1) { Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, 1, "")] })
            .With(new WorkloadChange(2) { Forgotten = [CgroupInfo.KeyOf(CgroupHierarchy.Unified, 1)] });
        AssertSpread("cgroups",
            Enumerable.Range(0, Many).Select(i => index.Cgroups.KeyComparer.GetHashCode((CgroupHierarchy.Unified, Chosen(i)))));
    }

    /// <summary>
    /// Every table of 64-bit numbers in code that reads or copies traces uses the seeded hash codes, and so does every hash code that is
    /// written by hand.
    /// </summary>
    [Fact]
    public void EveryTableOfNumbersUsesSeededHashCodes()
    {
        var table = new Regex(@"(?<!Sorted)(Dictionary|HashSet)<(ulong|long|\([^)]*(ulong|long)[^)]*\))[^;]*= *(new[(]|\[\]|Immutable)");
        string[] sources = [.. new[] { "formats", "replay" }.SelectMany(p =>
            Directory.EnumerateFiles(Path.Combine(TcptracerProgram.Repository, p), "*.cs", SearchOption.AllDirectories))];
        string[] lines = [.. sources.SelectMany(File.ReadLines)], tables = [.. lines.Where(l => table.IsMatch(l))];
        Assert.True(tables.Length >= 7, string.Join('\n', tables));
        Each.Of(tables, t => Assert.Matches("SeededHash|s_cgroupKeys", t));
        string[] codes = [.. lines.Where(l => l.Contains("HashCode.Combine(", StringComparison.Ordinal))];
        Assert.True(codes.Length >= 3, string.Join('\n', codes));
        Each.Of(codes, c => Assert.Matches(@"HashOf\(|RuntimeHelpers", c));
    }

    [Fact]
    public void SimilarProcessesGetDifferentHashCodes()
    {
        Address address = new([10, 0, 0, 1]);
        Workload host = Workload.Host(SafeText.Empty);
        AssertSpread("processes", Enumerable.Range(0, Many).Select(i => new TraceSummary.EntryKey(
            new ProcessIdentity(7, (uint)i, 0, 0, 0, SafeText.Empty, SafeText.Empty, 0, 0, 0, 1, 0), address, host).GetHashCode()));
    }

    /// <summary>Many entries claim one address since the same moment, and their keys differ only in the last characters.</summary>
    [Fact]
    public void AddressOwnerIsFoundWithoutComparingLongKeys()
    {
        const int owners = 64;
        Address address = new([10, 0, 0, 1]);
        PodInfo[] pods = [.. Enumerable.Range(0, owners).Select(i => new PodInfo($"{new string('a', 60_000)}{i}", "shop",
            $"web-{i}") { Claims = [.. Enumerable.Repeat(new AddressClaim(address, 5), 20)] })];
        long before = AddressOwner.KeysCompared;
        WorkloadIndex index = WorkloadIndex.Empty.With(new WorkloadChange(1) { Pods = [.. pods] }),
            other = WorkloadIndex.Empty.With(new WorkloadChange(1) { Pods = [.. pods.Reverse()] });
        Peer? peer = index.PeerAt(address, 9);
        Assert.NotNull(peer);
        Assert.Equal(0, AddressOwner.KeysCompared - before);
        // The order in which they became known does not matter
        WorkloadIndex few = WorkloadIndex.Empty.With(
            new WorkloadChange(1) { Pods = [.. pods.Take(3).Select(p => p with { Claims = [new AddressClaim(address, 5)] })] });
        WorkloadIndex same = WorkloadIndex.Empty.With(
            new WorkloadChange(1) { Pods = [.. pods.Take(3).Reverse().Select(p => p with { Claims = [new AddressClaim(address, 5)] })] });
        Assert.Equal(few.PeerAt(address, 9), same.PeerAt(address, 9));
        Assert.NotNull(other.PeerAt(address, 9));
    }

    [Theory]
    [InlineData("args =~ 'nothing.*of.this'")]
    [InlineData("args == 'x'")]
    [InlineData("args !~ 'a'")]
    public void LongTextIsExaminedOnceForAllRows(string expression)
    {
        byte[] trace = [.. TraceBytes.Start(),
            .. new BlockShape { Rows = 10_000, Arguments = [.. Enumerable.Repeat((byte)'a', 60_000)] }.Frame()];
        long before = LongTexts.BytesLookedAt;
        Printing printing = Printing.Of(trace, 1, selection: Printing.Everything with { Filter = expression });
        Assert.Equal((0, 10_000L), (printing.Lines.Length, printing.Findings.Events));
        Assert.InRange(LongTexts.BytesLookedAt - before, 60_000, 2 * 60_000);
    }
}
