using System.Diagnostics;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary><c>tcptracer top</c> on a real terminal.</summary>
public sealed class TopTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "tests", "golden", "shop-1.0.tct");

    private static TmuxSession Open(string arguments, int columns = 110, int rows = 16) =>
        new($"{TcptracerProgram.Path} top {arguments}", columns, rows);

    private static string[] Names(string[] screen) =>
        [.. screen.Skip(3).Where(l => l.Length > 54 && !l.Contains("quit", StringComparison.Ordinal)).Select(l => l[54..].Trim())];

    [Fact]
    public void TopOfATraceSortsGroupsAndSearchesByKeys()
    {
        using TmuxSession top = Open(s_shop, rows: 30);
        string[] screen = top.WaitFor("nginx");
        Assert.Contains("2026-11-28 01:55:06 - 01:55:14 UTC (8 s, all)  [paused]", screen[0]);
        Assert.StartsWith("CONN/s\u2193", screen[2]);
        Assert.Equal("nginx", Names(screen)[0]);
        top.Press("b");
        screen = top.WaitFor("deployment/shop/web");
        Assert.EndsWith("WORKLOAD", screen[2].TrimEnd());
        top.Press("b");
        top.WaitFor("svc/shop/cache:6379");
        top.Press("s", "s", "s", "s");
        screen = top.WaitFor("SENT/s\u2193");
        top.Press("r");
        string[] turned = top.WaitFor("SENT/s\u2191");
        Assert.NotEqual(Names(screen)[0], Names(turned)[0]);
        top.Press("/", "c", "a", "c", "h", "e");
        string[] found = Names(top.WaitFor("find: cache_"));
        Assert.NotEmpty(found);
        Each.Of(found, n => Assert.Contains("cache", n));
        top.Press("Enter");
        top.WaitFor(s => s[1].TrimEnd().EndsWith("find: cache", StringComparison.Ordinal));
        top.Press("Escape");
        top.WaitFor(s => !s[1].Contains("find", StringComparison.Ordinal));
        top.Press("q");
        top.WaitFor("ended 0");
    }

    /// <summary>A narrow terminal has fewer columns and shorter names, but whole numbers, ports and prompts.</summary>
    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    [InlineData(44)]
    public void OnANarrowTerminalNoNumberAndNoPortIsCut(int columns)
    {
        using TmuxSession wide = Open(s_shop, columns: 200, rows: 40), narrow = Open(s_shop, columns, rows: 40);
        foreach (TmuxSession top in new[] { wide, narrow })
        {
            top.WaitFor("nginx");
            top.Press("b", "b", "s", "s", "s", "s");
        }
        static string[][] Rows(string[] screen) => [.. screen.Skip(2).TakeWhile(l => l.Length > 0)
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        string[][] all = Rows(wide.WaitFor("SENT/s\u2193")), some = Rows(narrow.WaitFor("SENT/s\u2193"));
        Assert.Contains("SENT/s\u2193", some[0]);
        Assert.Equal(all.Length, some.Length);
        int[] shown = [.. some[0].Select(h => Array.IndexOf(all[0], h))];
        Each.Of(all.Zip(some), pair =>
        {
            Assert.Equal(shown.SkipLast(1).Select(i => pair.First[i]), pair.Second.SkipLast(1));
            Assert.Equal(pair.First[^1].Split(':')[^1], pair.Second[^1].Split(':')[^1]);
        });
        narrow.Press("/", "z", "z");
        string[] screen = narrow.WaitFor("find: zz_   Enter");
        Assert.Contains(screen, l => l.Contains("nothing has this text in its name", StringComparison.Ordinal));
        narrow.Press("Escape");
        Assert.Contains("/ find", narrow.WaitFor("q quit").Last(l => l.Length > 0));
        narrow.Press("?");
        narrow.WaitFor("turn the order round");
        narrow.Press("h");
        Assert.Equal(some.Length, Rows(narrow.WaitFor("/ find")).Length);
    }

    [Fact]
    public void ArrowKeysMoveInTimeAndSpacePlays()
    {
        using TmuxSession top = Open($"{s_shop} --every 1s");
        top.WaitFor("all)");
        top.Press("Right");
        top.WaitFor("01:55:06 - 01:55:07 UTC (1 s)  [paused]");
        top.Press("Right", "Right");
        top.WaitFor("01:55:08 - 01:55:09");
        top.Press("Left");
        top.WaitFor("01:55:07 - 01:55:08");
        top.Press("End");
        top.WaitFor("01:55:13 - 01:55:14");
        top.Press("Home");
        top.WaitFor("01:55:06 - 01:55:07");
        top.Press("Space");
        top.WaitFor(s => s[0].Contains("01:55:13", StringComparison.Ordinal) && s[0].Contains("[paused]", StringComparison.Ordinal));
        top.Press("a");
        top.WaitFor("all)");
        top.Press("q");
        top.WaitFor("ended 0");
    }

    [Theory]
    [InlineData(40, 6)]
    [InlineData(200, 60)]
    [InlineData(1, 2)]
    public void FrameFitsAnyTerminalSize(int columns, int rows)
    {
        using TmuxSession top = Open(s_shop);
        top.WaitFor("nginx");
        top.Resize(columns, rows);
        top.WaitFor(s => s[0].Length <= columns && s.Length <= rows + 1 && s[0].Length > 0 && s[0][0] is 't' or '\u2026');
        top.Press("q");
        top.WaitFor(s => s.Any(l => l.Contains('0')));
    }

    /// <summary>Whatever ends it, the terminal is as it was before.</summary>
    [Theory]
    [InlineData("C-c")]
    [InlineData("q")]
    public void TerminalIsRestoredAtTheEnd(string key)
    {
        using TmuxSession top = new($"echo before; {TcptracerProgram.Path} top {s_shop}");
        top.WaitFor("nginx");
        top.Press(key);
        string[] screen = top.WaitFor("ended 0");
        Assert.StartsWith("before", screen[0]);
        Assert.DoesNotContain(screen, l => l.Contains("nginx", StringComparison.Ordinal));
    }

    [Fact]
    public void TopEndsWithItsTerminal()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("pid");
        using (TmuxSession top = new($"echo $$ > {file}; exec {TcptracerProgram.Path} top {s_shop}"))
            top.WaitFor("nginx");
        int pid = int.Parse(File.ReadAllText(file), System.Globalization.CultureInfo.InvariantCulture);
        using Process program = Process.GetProcessById(pid);
        Assert.True(program.WaitForExit(TimeSpan.FromMinutes(1)), "it goes on without a terminal");
    }

    [Fact]
    public void TopWithoutATerminalPrintsOnePage()
    {
        RunResult run = TcptracerProgram.Run("top", s_shop);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(run.Lines, l => l.EndsWith("  postgres", StringComparison.Ordinal));
        Assert.DoesNotContain('\x1b', run.Output);
        RunResult live = TcptracerProgram.Run("top");
        Assert.Equal(2, live.ExitCode);
        Assert.Contains("top needs a terminal", Assert.Single(live.ErrorLines));
    }

    [Theory]
    [InlineData("--duration is for what happens now", "--duration", "5s")]
    [InlineData("--kubeconfig is for what happens now", "--kubeconfig", "/nowhere")]
    public void LiveOptionsAreRefusedForATrace(string expected, params string[] options)
    {
        RunResult run = TcptracerProgram.Run(["top", s_shop, .. options]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Errors);
    }

    [KernelFact]
    public void LiveTopCountsCurrentEvents()
    {
        using var server = new HttpServer(hosts.Left);
        using TmuxSession top = Open($"--netns {hosts.Left} --no-kubernetes");
        top.WaitFor("quit");
        string[] screen = top.WaitFor(_ =>
        {
            using Process curl = TwoHosts.Start(hosts.Left, "curl", ["-s", $"http://{TwoHosts.LeftV4}:{server.Port}/"]);
            curl.WaitForExit();
            return top.Screen.Any(l => l.EndsWith("  curl", StringComparison.Ordinal));
        });
        Assert.DoesNotContain("paused", screen[0]);
        top.Press("Space");
        top.WaitFor("[paused]");
        top.Press("q");
        screen = top.WaitFor("ended 0");
        Assert.Contains(screen, l => l.Contains("events captured", StringComparison.Ordinal));
    }
}
