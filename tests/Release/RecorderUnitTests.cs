using System.CommandLine;
using TcpTracer.Cli.Commands;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Release;

/// <summary>
/// deploy/systemd: what the flight recorder is allowed, and what it is told. tests/packages/run starts it;
/// these are facts that need no systemd.
/// </summary>
public sealed class RecorderUnitTests
{
    private const string Options = "TCPTRACER_RECORDER_OPTIONS", Two = "CAP_BPF CAP_PERFMON";

    private static readonly string s_folder = Path.Combine(TcptracerProgram.Repository, "deploy/systemd");

    private static readonly (string Key, string Value)[] s_unit =
        [.. File.ReadAllLines(Path.Combine(s_folder, "tcptracer-recorder.service")).Where(l => l.Contains('=') && !l.StartsWith('#'))
            .Select(l => (l.Split('=')[0], l[(l.IndexOf('=') + 1)..]))];

    private static string[] Values(string key) => [.. s_unit.Where(s => s.Key == key).Select(s => s.Value)];

    /// <summary>The options of lines such as NAME="--a 'b c'", as systemd takes them.</summary>
    private static string[] OptionsIn(IEnumerable<string> lines) => [.. lines.Select(l => l.Split(Options + "=")).Where(l => l.Length == 2)
        .Select(l => l[1].Trim('"'))];

    private static string[] Words(string options) =>
        Shell.Run("printf '%s\\n' " + options).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void ItHasTwoCapabilitiesAndIsNotRoot()
    {
        Assert.Equal([Two], Values("AmbientCapabilities"));
        Assert.Equal([Two], Values("CapabilityBoundingSet"));
        Assert.Equal(["yes"], Values("DynamicUser"));
        Assert.Equal(["0700"], Values("StateDirectoryMode"));
    }

    [Fact]
    public void ItWritesToItsFolderOnlyAndSpeaksWithNobody()
    {
        string[] closed = ["PrivateNetwork", "PrivateTmp", "PrivateDevices", "ProtectHome", "NoNewPrivileges", "MemoryDenyWriteExecute",
            "ProtectKernelTunables", "ProtectKernelModules", "ProtectControlGroups", "RestrictNamespaces"];
        Each.Of(closed, key => Assert.Equal(["yes"], Values(key)));
        Assert.Equal(["strict"], Values("ProtectSystem"));
        Assert.Empty(Values("ReadWritePaths"));
        Assert.Empty(Values("BindPaths"));
    }

    [Fact]
    public void TheProgramKnowsEveryOptionThatItIsTold()
    {
        string[] all = [.. OptionsIn(Values("Environment")), .. OptionsIn(Default())];
        Assert.True(all.Length >= 3);
        string command = Assert.Single(Values("ExecStart"));
        Assert.EndsWith($" ${Options}", command);
        string[] before = [.. command.Split(' ').Skip(1).SkipLast(1)];
        // record takes words that it does not know for its COMMAND
        Command record = TcpTracerCommand.Create().Subcommands.Single(c => c.Name == "record");
        string[] known = [.. record.Options.SelectMany(o => o.Aliases.Append(o.Name))];
        Each.Of(all, options =>
        {
            string[] words = [.. before, .. Words(options)];
            Assert.Empty(TcpTracerCommand.Create().Parse(words).Errors);
            Each.Of(words.Where(w => w.StartsWith('-')), word => Assert.Contains(word, known));
        });
    }

    private static string[] Default() => File.ReadAllLines(Path.Combine(s_folder, "tcptracer-recorder.default"));

    [Fact]
    public void ItsFilesAreLimitedAndTheDefaultIsSaidWhereItIsChanged()
    {
        string[] told = Words(Assert.Single(OptionsIn(Values("Environment"))));
        Assert.Contains("--keep", told);
        Assert.Contains("--rotate-size", told);
        Assert.Equal(told, Words(OptionsIn(Default())[0]));
    }

    [Fact]
    public void ItIsStartedAgainButNotWhereThatCannotHelp()
    {
        Assert.Equal(["on-failure"], Values("Restart"));
        Assert.Equal(["2 4"], Values("RestartPreventExitStatus")); // docs/reference/exit-codes.md: usage, cannot record
    }
}
