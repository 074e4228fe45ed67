using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The export command: the files that it reads, its selection, its messages, and the files that it writes.</summary>
public sealed class ExportTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct");

    private readonly TemporaryFolder _folder = new();

    private static RunResult Run(params string[] arguments) => TcptracerProgram.Run(arguments);

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }

    private string Damaged()
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(11, 5_000), blockOf: 500);
        trace[trace.Length / 2] ^= 0x10;
        return Write("damaged.tct", trace);
    }

    public static TheoryData<string> Selections { get; } =
    [
        "", "--failed", "-n shop --fields timestamp,comm,dst", "--existing -F 'latency > 1ms or op == close' --fields=+exe,-node",
        "--comm nobody", "--enrich hindsight", "--since 01:55:08 --until 01:55:10",
    ];

    /// <summary>
    /// export and show write the same bytes, the same messages and the same exit code for one file, several files, a compressed file, a
    /// damaged file, a missing file, and a pipe.
    /// </summary>
    [Theory, MemberData(nameof(Selections))]
    public void TextExportEqualsShow(string selection)
    {
        string[] all = [$"{s_shop} {Damaged()} {s_shop}", "shop.tct.gz", $"none.tct {s_shop}", $"- <{s_shop}", "none.tct"];
        foreach ((string format, string name) in new[] { ("json", "jsonl"), ("csv", "csv") })
        {
            foreach (string files in selection.Length == 0 ? all : all.Take(1))
            {
                RunResult show =
                    Shell.Run($"cd $1; gzip -kc {s_shop} >shop.tct.gz; tcptracer show -o {format} {selection} {files}", _folder.Path);
                RunResult export = Shell.Run($"cd $1; tcptracer export --to {name} {selection} {files}", _folder.Path);
                Assert.Equal(show.OutputBytes, export.OutputBytes);
                Assert.Equal((show.ExitCode, show.Errors), (export.ExitCode, export.Errors));
            }
        }
    }

    [Fact]
    public void ExportWritesAFileAndReportsItsContents()
    {
        RunResult run = Run("export", "--to", "csv", s_shop, "--failed", "-o", _folder.File("failed.csv"));
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal(Run("show", "-o", "csv", s_shop, "--failed").Output, File.ReadAllText(_folder.File("failed.csv")));
        Assert.Matches(@"^5 events written to \S+failed\.csv \(\d\.\d kB\); the selection hides \d+ events$",
            Assert.Single(run.ErrorLines));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("failed.csv")));
    }

    [Fact]
    public void ExistingFileIsOverwrittenOnlyWithForce()
    {
        string file = Write("a.csv", "mine"u8.ToArray());
        RunResult refused = Run("export", "--to", "csv", s_shop, "-o", file);
        Assert.Equal((1, "mine"), (refused.ExitCode, File.ReadAllText(file)));
        Assert.Contains("--force", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, Run("export", "--to", "csv", s_shop, "-o", file, "--force").ExitCode);
        Assert.StartsWith("type,node,", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void AnInputIsNeverOverwritten()
    {
        string trace = Write("a.tct", File.ReadAllBytes(s_shop)), other = _folder.File("b.tct");
        File.CreateSymbolicLink(other, trace);
        foreach (RunResult run in new[]
        {
            Run("export", "--to", "csv", s_shop, trace, "-o", other, "--force"),
            Run("export", "--to", "csv", trace, "-o", trace, "--force"),
            Shell.Run("tcptracer export --to csv - <$1 -o $1 --force", trace), Shell.Run("tcptracer export --to csv $1 >>$1", trace),
        })
        {
            Assert.Equal(2, run.ExitCode);
            Assert.Contains("this is a file that the command reads", run.Errors, StringComparison.Ordinal);
        }
        Assert.Equal(File.ReadAllBytes(s_shop), File.ReadAllBytes(trace));
    }

    [Fact]
    public void UnreadableInputWritesNothing()
    {
        Assert.Equal(1, Run("export", "--to", "csv", _folder.File("none.tct"), "-o", _folder.File("a.csv")).ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void DamagedTraceIsExportedWithExitCode3()
    {
        RunResult run = Run("export", "--to", "jsonl", Damaged(), "--existing", "-o", _folder.File("a.jsonl"));
        Assert.Equal(3, run.ExitCode);
        Assert.Equal(Run("show", "-o", "json", Damaged(), "--existing").Output, File.ReadAllText(_folder.File("a.jsonl")));
    }

    [Theory]
    [InlineData("--to xml", "--to 'xml' is not known")]
    [InlineData("--to jsonl --no-headers", "--no-headers has no effect")]
    [InlineData("--to csv --fields nope", "field 'nope' is not known")]
    [InlineData("--to csv -o ''", "the name after -o is empty")]
    public void ImpossibleOptionsAreRefused(string options, string sentence)
    {
        RunResult run = Shell.Run($"tcptracer export {s_shop} {options}");
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
