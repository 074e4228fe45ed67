using System.Globalization;
using MessagePack;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// Runs every command on files that were made to cost it much. It answers with a sentence or a result, in little memory,
/// and without endless output.
/// </summary>
public sealed class HostileFilesTests : IDisposable
{
    private const int LimitKb = 128 * 1024;
    private readonly TemporaryFolder _folder = new();

    private static readonly Dictionary<string, Func<byte[][]>> s_files = new()
    {
        ["a long name in very many rows"] = () =>
            [new BlockShape { Rows = 65_536, Command = [.. Enumerable.Repeat((byte)1, 65_000)] }.Frame()],
        ["names in very many rows"] = () =>
            [.. Enumerable.Repeat(new BlockShape { Rows = 16_000, Command = [.. Enumerable.Repeat((byte)1, 250)] }.Frame(), 12)],
        ["dictionaries again and again"] = () => [new BlockShape { Repeats = 6_000, Locals = 1 }.Frame()],
        ["tables of very many entries"] = () =>
            [.. Enumerable.Repeat(new BlockShape { Rows = 16_000, Locals = 16_000, Remotes = 16_000, Kinds = 16 }.Frame(), 40)],
        ["very many processes"] = () => [.. Enumerable.Repeat(new BlockShape { Rows = 16_000, Processes = 16_000, Addresses = 32_000,
            Command = [.. Enumerable.Repeat((byte)1, 40)] }.Frame(), 20)],
        ["frames within frames"] = () => [BoundedWorkTests.NestedFrames(20_000)[TraceBytes.Start().Length..]],
        ["block headers that are none"] = () => [BoundedWorkTests.FakeHeaders(50_000)[TraceBytes.Start().Length..]],
        ["traces of many pods"] = () => [.. Enumerable.Range(0, 12).SelectMany(i => (byte[][])[TraceBytes.Start(), Metadata(i)])],
        ["headers of very many sources"] = () =>
            [.. Enumerable.Repeat(HeaderOfMany("merged", 4_000, new Dictionary<object, object>()), 2_000)],
        ["headers of very many nodes that gave nothing"] = () =>
            [.. Enumerable.Repeat(HeaderOfMany("absent", 1_300, new[] { "", "" }), 2_000)],
        ["damage among many pods"] = () => [Metadata(1), .. Enumerable.Repeat<byte[]>(
            [.. TraceBytes.HeaderFrame(new BlockHeader { Kind = RecordKind.Metadata, FrameBytes = 4 }), .. "junk"u8], 3_000)],
    };

    /// <summary>The least that a header can say of so many.</summary>
    private static byte[] HeaderOfMany(string key, int count, object entry) => TraceBytes.Frame(MessagePackSerializer.Serialize(
        new Dictionary<string, object>
        {
            ["t"] = "header", ["major"] = 1, ["minor"] = 2, ["required"] = new[] { "merged" },
            [key] = Enumerable.Repeat(entry, count).ToArray(),
        }));

    private static byte[] Metadata(int trace) => TraceBytes.Frame(MetadataRecord.Encode(new WorkloadChange(1)
    {
        Pods = [.. Enumerable.Range(0, 20_000).Select(i => new PodInfo(string.Create(CultureInfo.InvariantCulture,
            $"{trace:x}-{i * 7919:x8}"), "shop", "web") { Claims = [new AddressClaim(new([10, 1, (byte)(i >> 8), (byte)i]), i)] })],
    }));

    private static readonly string[][] s_commands =
        [["show", "-o", "json"], ["show", "-o", "json", "--enrich", "hindsight"], ["show", "--last", "3"], ["info"], ["verify"],
            ["summary"], ["summary", "--by", "comm,sport"], ["top"], ["policy"], ["report", "--force", "-o"], ["recover", "--force", "-o"],
            ["filter", "--force", "-o"], ["redact", "--force", "-o"], ["merge", "--force", "-o"],
            ["export", "--to", "csv", "--force", "-o"]];

    public static TheoryData<string> Files => [.. s_files.Keys];

    [Theory]
    [MemberData(nameof(Files))]
    public void HostileFileTakesBoundedTimeAndMemoryInEveryCommand(string what)
    {
        string file = _folder.File("hostile.tct");
        File.WriteAllBytes(file, [.. TraceBytes.Start(), .. s_files[what]().SelectMany(f => f)]);
        foreach (string[] command in s_commands)
        {
            MeasuredRun run = MeasuredRun.Of([.. command, .. command[^1] == "-o"
                ? [_folder.File("recovered.tct")] : Array.Empty<string>(), file]);
            Assert.True(run.ExitCode is 0 or 3, $"{what}: {string.Join(' ', command)}: {run}");
            Assert.DoesNotContain("internal error", run.Errors);
            Assert.InRange(run.Errors.Length, 0, 300_000);
            Assert.True(run.PeakKb < LimitKb, $"{what}: {string.Join(' ', command)}: {run}");
        }
    }

    /// <summary>Its sources are not kept beyond what can be merged, so that memory stays small.</summary>
    [Fact]
    public void VeryManyTracesInOneFileAreNotMerged()
    {
        string file = _folder.File("hostile.tct"), merged = _folder.File("merged.tct");
        using (FileStream to = File.Create(file))
        {
            byte[] header = TraceBytes.Start(TraceBytes.Header with
            {
                Required = [TraceHeader.MergedFeature],
                Merged = [.. Enumerable.Repeat(new MergedSource(new TraceHeader()), 4_000)],
            });
            for (int i = 0; i < 100; i++)
                to.Write(header);
        }
        MeasuredRun run = MeasuredRun.Of(["merge", file, "-o", merged]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("these are more than 4096 traces, and no more can be merged into one", run.Errors);
        Assert.True(run.PeakKb < LimitKb, $"{run}");
        Assert.False(File.Exists(merged));
    }

    [Fact]
    public void ExcessiveOutputOfAShortFileEndsWithASentence()
    {
        string file = _folder.File("hostile.tct"), text = _folder.File("text");
        File.WriteAllBytes(file, [.. TraceBytes.Start(), .. s_files["names in very many rows"]().SelectMany(f => f)]);
        using TcptracerProgram program = TcptracerProgram.StartFollowing(["show", "-o", "json", file], text);
        RunResult run = program.Wait();
        Assert.Equal(3, run.ExitCode);
        string line = Assert.Single(run.ErrorLines);
        Assert.Contains("what follows is not shown", line);
        Assert.InRange(new FileInfo(text).Length, 20 << 20, Allowance.Free + new FileInfo(file).Length * Allowance.PerByte);
        using FileStream printed = File.OpenRead(text);
        printed.Seek(-2, SeekOrigin.End);
        Assert.Equal(('}', '\n'), ((char)printed.ReadByte(), (char)printed.ReadByte()));
    }

    public void Dispose() => _folder.Dispose();
}
