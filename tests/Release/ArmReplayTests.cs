using System.Runtime.InteropServices;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Release;

/// <summary>
/// The executable for arm64, under qemu where this machine is none, prints of each golden trace what the one for this machine prints.
/// </summary>
public sealed class ArmReplayTests
{
    /// <summary>Sets $arm: the executable that ./test has made, with what runs it here. $2: options for qemu.</summary>
    private const string FindIt = """
        root=$1; . $root/.build/lib.sh
        arm=$root/artifacts/release/arm64/tcptracer
        is_newer_than_sources $root/artifacts/release/arm64/.built || { echo "run release/executable arm64 first" >&2; exit 93; }
        [ $(uname -m) = aarch64 ] || arm="qemu-aarch64-static ${2:-} -L $root/artifacts/sysroot/arm64 $arm"

        """;

    /// <summary>told PROGRAM TRACES FORMAT: status, output and messages for each of these golden traces.</summary>
    private const string Told = """
        told() {
            cd $root/tests/golden
            for trace in $2/trace.tct; do
                echo "$trace"; $1 show --existing $trace -o $3 2>&1; echo "status $?"
            done
        }

        """;

    private static RunResult Run(string script, params string[] arguments) =>
        Shell.Run(FindIt + script, [TcptracerProgram.Repository, .. arguments]);

    [Theory]
    [InlineData("1.0/*", "json", 29)]
    [InlineData("1.1/*", "json", 30)]
    [InlineData("1.1/[bop]*", "wide", 8)]
    public void GoldenTracesAreShownAlike(string traces, string format, int atLeast)
    {
        RunResult there = Run($"{Told}told \"$arm\" '{traces}' {format}");
        RunResult here = Shell.Run($"root=$1; {Told}told $TCPTRACER '{traces}' {format}", TcptracerProgram.Repository);
        Assert.True(here.Lines.Count(l => l.EndsWith("/trace.tct", StringComparison.Ordinal)) >= atLeast, here.Output);
        Assert.Equal(here.Output, there.Output);
        Assert.Equal((0, "", 0, ""), (here.ExitCode, here.Errors, there.ExitCode, there.Errors));
    }

    /// <summary>Only from 5.15 on an arm64 kernel tells where the arguments of a system call are.</summary>
    [Fact]
    public void OldKernelsAreRefusedWithASentence()
    {
        KnownFact.SkipOn(Architecture.Arm64, "no qemu tells another kernel");
        using var folder = new TemporaryFolder();
        RunResult run = Run("$arm record -o $3/t.tct -- true", "-r 5.10.0", folder.Path);
        Assert.Equal(4, run.ExitCode);
        Assert.StartsWith("tcptracer: this machine cannot record: Linux 5.10.0 is too old: 5.15 or newer is needed on arm64 (", run.Errors);
    }
}
