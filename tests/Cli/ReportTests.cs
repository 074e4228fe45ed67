using System.Text.RegularExpressions;
using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The report command: the files that it reads, its selection, what it says, and the file that it writes.</summary>
public sealed class ReportTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct");

    private readonly TemporaryFolder _folder = new();

    private static RunResult Run(params string[] arguments) => TcptracerProgram.Run(arguments);

    private string Page => _folder.File("report.html");

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }

    [Fact]
    public void FilesPackedFilesAndPipesGiveTheSamePage()
    {
        RunResult run = Shell.Run("""
            cd $1; cp $2 a.tct; gzip -k a.tct
            tcptracer report a.tct -o 1.html && tcptracer report a.tct.gz -o 2.html && tcptracer report - <a.tct >3.html
            """, _folder.Path, s_shop);
        Assert.True(run.ExitCode == 0, run.Errors);
        string DataOf(string file) => Regex.Match(File.ReadAllText(_folder.File(file)), "\"parties\":.*").Value;
        Assert.NotEmpty(DataOf("1.html"));
        Assert.Equal(DataOf("1.html"), DataOf("2.html"));
        Assert.Equal(DataOf("1.html"), DataOf("3.html"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File("1.html")));
    }

    [Fact]
    public void MissingDataIsReportedInThePageAndOnStderr()
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(11, 5_000), blockOf: 500);
        trace[trace.Length / 2] ^= 0x10;
        string damaged = Write("damaged.tct", trace), none = _folder.File("none.tct");
        RunResult run = Run("report", damaged, none, s_shop, "-n", "shop", "-o", Page);
        Assert.Equal(1, run.ExitCode);
        string page = File.ReadAllText(Page);
        Each.Of(["damaged at offset", "none.tct"], words =>
        {
            Assert.Contains(words, run.Errors, StringComparison.Ordinal);
            Assert.Contains(words, page, StringComparison.Ordinal);
        });
        Assert.Contains("none.tct: could not be read, and is not in this report", page, StringComparison.Ordinal);
        Assert.Contains("hides", page, StringComparison.Ordinal);
    }

    /// <summary>Progress is hidden unless it is asked for: that is no selection of the user, and needs no warning.</summary>
    [Fact]
    public void WhatIsHiddenThoughNothingWasSelectedIsNoNotice()
    {
        string trace = Write("progress.tct",
            SampleEvents.Trace(events: [SampleEvents.Make(Operation.Connect), SampleEvents.Make(Operation.Progress)]));
        RunResult run = Run("report", trace, "-o", Page);
        Assert.Contains("; left out are 1 event `existing` or `progress`, which only --existing or --op select", run.Errors);
        string page = File.ReadAllText(Page);
        Assert.DoesNotContain("the selection hides", page, StringComparison.Ordinal);
        Assert.Contains("\"left out\"", page, StringComparison.Ordinal);
        Run("report", trace, "--comm", "wget", "-o", Page, "--force");
        Assert.Contains("the selection (--comm wget) hides 1 event", File.ReadAllText(Page), StringComparison.Ordinal);
    }

    [Fact]
    public void ReportSelectsAsShowDoes()
    {
        string[] all =
            ["--failed", "-n shop", "--since 01:55:08 --until 01:55:10", "-F 'latency > 1ms or op == close'", "--enrich hindsight"];
        Each.Of(all, options =>
        {
            int rows = Shell.Run($"tcptracer show --connections --no-headers {s_shop} {options}").Lines.Length;
            RunResult run = Shell.Run($"tcptracer report {s_shop} {options} --force -o {Page}");
            Assert.True(run.ExitCode == 0, run.Errors);
            Assert.Contains(run.ErrorLines, l => l.StartsWith($"{rows} connection", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void ExistingFileIsOverwrittenOnlyWithForceAndAnInputNever()
    {
        string trace = Write("a.tct", File.ReadAllBytes(s_shop)), page = Write("report.html", "mine"u8.ToArray());
        RunResult refused = Run("report", trace, "-o", page);
        Assert.Equal((1, "mine"), (refused.ExitCode, File.ReadAllText(page)));
        Assert.Contains("--force", refused.Errors, StringComparison.Ordinal);
        Assert.Equal(0, Run("report", trace, "-o", page, "--force").ExitCode);
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(page), StringComparison.Ordinal);
        Assert.NotEqual(0, Run("report", trace, "-o", trace, "--force").ExitCode);
        Assert.Equal(File.ReadAllBytes(s_shop), File.ReadAllBytes(trace));
        Assert.Equal(1, Run("report", _folder.File("none.tct"), "-o", _folder.File("b.html")).ExitCode);
        Assert.False(File.Exists(_folder.File("b.html")));
    }

    public void Dispose() => _folder.Dispose();
}
