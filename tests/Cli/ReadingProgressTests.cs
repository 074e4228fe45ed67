using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The line that says how far a trace is read, on a real terminal.</summary>
public sealed class ReadingProgressTests
{
    private const string SlowTrace = "(head -c 4000 $trace; sleep 3; tail -c +4001 $trace)";
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct");

    [Fact]
    public void LongReadingIsShownAndTheLineGoesAway()
    {
        using var terminal = new TmuxSession($"trace={s_shop}; {SlowTrace} | {TcptracerProgram.Path} summary - --limit 1");
        terminal.WaitFor("reading standard input");
        string[] screen = terminal.WaitFor("ended 0");
        Assert.DoesNotContain(screen, l => l.Contains("reading", StringComparison.Ordinal));
    }

    [Fact]
    public void RowsOnTheTerminalAreNotDisturbed()
    {
        using var terminal = new TmuxSession($"trace={s_shop}; {SlowTrace} | {TcptracerProgram.Path} export --to csv - | tail -n 3");
        string[] screen = terminal.WaitFor("ended 0");
        Assert.DoesNotContain(screen, l => l.Contains("reading", StringComparison.Ordinal));
    }
}
