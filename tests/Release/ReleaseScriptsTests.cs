using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Release;

/// <summary>The commands of release/: each can be run alone, says how, and depends on no clock.</summary>
public sealed partial class ReleaseScriptsTests
{
    private static readonly string s_folder = Path.Combine(TcptracerProgram.Repository, "release");

    private static IEnumerable<string> Commands => Directory.EnumerateFiles(s_folder).Where(f => !Path.HasExtension(f));

    private static IEnumerable<string> Scripts => Commands.Where(f => File.ReadLines(f).First() == "#!/usr/bin/env bash");

    [Fact]
    public void EachCommandCanBeRunAndSaysHow() => Each.Of(Commands, file =>
    {
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherExecute), $"{file} is not executable");
        Assert.Contains($"  release/{Path.GetFileName(file)}", File.ReadAllText(file)); // its usage, in the words at its head
    });

    [Fact]
    public void EachScriptStopsAtTheFirstFailure() => Each.Of(Scripts,
        file => Assert.Contains("\nset -euo pipefail\n", File.ReadAllText(file)));

    [Fact]
    public void EachScriptRefusesWhatItDoesNotKnow() => Each.Of(Scripts, file =>
    {
        RunResult run = Shell.Run("$1 --unknown too many words </dev/null", file);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith($"tcptracer: usage: release/{Path.GetFileName(file)}", run.Errors);
    });

    [Fact]
    public void BuildRunsEachStep()
    {
        string build = File.ReadAllText(Path.Combine(s_folder, "build"));
        string[] steps = ["executable", "tar", "deb", "rpm", "images", "krew", "dotnet-tool", "sums"];
        Each.Of(steps, step => Assert.Contains($"\"$root/release/{step}\"", build));
    }

    [Fact]
    public void NothingThatIsPackedKnowsTheTimeOfDay() => Each.Of(Scripts,
        file => Assert.DoesNotMatch(TimeOfDay(), File.ReadAllText(file)));

    [GeneratedRegex(@"\bdate\b(?! -R -d| -u -d| -d)[^\n]*\+|\$EPOCHSECONDS|\bgzip (?!-9nf? |-9n$)", RegexOptions.Multiline)]
    private static partial Regex TimeOfDay();

    /// <summary>What Debian and rpm say of a version comes from the one place.</summary>
    [Fact]
    public void NoFileOfThePackagesHasAVersion() => Each.Of(
        Directory.EnumerateFiles(s_folder, "*", SearchOption.AllDirectories).Where(f => f.Contains("/debian/") || f.Contains("/redhat/")),
        file => Assert.DoesNotMatch(VersionNumber(), File.ReadAllText(file)));

    [GeneratedRegex(@"(?<![\w.>= ])\d+\.\d+\.\d+")]
    private static partial Regex VersionNumber();
}
