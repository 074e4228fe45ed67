using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Release;

/// <summary>The packages of the .NET tool, as the SDK installs them from a folder: that of this machine, and that of all others.</summary>
public sealed class DotnetToolTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Installs into $tool. Status 3: there are no packages of these sources.</summary>
    private const string Install = """
        root=$1; . $root/.build/lib.sh
        ls $root/artifacts/release/tcptracer.any.*.nupkg >/dev/null 2>&1 || exit 3
        is_newer_than_sources $root/artifacts/release/build/any/.built || exit 3
        cd $2
        printf '<configuration><packageSources><clear /><add key="here" value="%s" /></packageSources></configuration>' \
            $root/artifacts/release >nuget.config
        export DOTNET_CLI_HOME=$2 NUGET_PACKAGES=$2/packages DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
        install() { dotnet tool install tcptracer --tool-path bin --configfile nuget.config >&2; }

        """;

    /// <summary>As on a machine for which there is no package of its own: only that for all is offered. Sets $dll.</summary>
    private const string Other = """
        mkdir all; cp $root/artifacts/release/tcptracer.any.*.nupkg all
        python3 - $root/artifacts/release/tcptracer.[0-9]*.nupkg all/tcptracer.0.1.0.nupkg <<'END'
        import re, sys, zipfile
        with zipfile.ZipFile(sys.argv[1]) as whole, zipfile.ZipFile(sys.argv[2], "w") as less:
            for name in whole.namelist():
                less.writestr(name, re.sub(rb'.*RuntimeIdentifier="linux-.*\n', b"", whole.read(name)))
        END
        sed -i "s:value=.*artifacts/release:value=\"$PWD/all:" nuget.config
        install || exit 1; dll=$(find bin/.store -name tcptracer.dll)

        """;

    private RunResult Run(string script)
    {
        RunResult run = Shell.Run(Install + script, TcptracerProgram.Repository, _folder.Path);
        Assert.SkipWhen(run.ExitCode == 3,
            KnownFact.Prefix + "no .NET tool of these sources: `release/executable` and `release/dotnet-tool` make it");
        return run;
    }

    [Fact]
    public void OneForThisMachineIsTheExecutable()
    {
        RunResult run = Run("""
            install || exit 1; bin/tcptracer --version | head -n 1
            cmp $(readlink -f bin/tcptracer) $root/artifacts/release/$(dpkg --print-architecture)/tcptracer && echo same
            dotnet tool uninstall tcptracer --tool-path bin >&2; ls bin
            """);
        Assert.Equal((0, TcptracerProgram.Run("--version").Lines[0] + "\nsame\n"), (run.ExitCode, run.Output));
    }

    [Fact]
    public void OneForAllOthersReplaysAlike()
    {
        RunResult run = Run(Other + """
            told() {
                for command in 'show --existing -o json' 'show -o wide' info verify 'summary -o json'; do
                    "$@" $command $root/tests/golden/*/*/trace.tct 2>&1; echo "$command: $?"
                done
            }
            told dotnet $dll >there; told $TCPTRACER >here; diff here there && wc -l <here
            """);
        Assert.True(run.ExitCode == 0, run.Output);
        Assert.True(int.Parse(run.Output) > 1000, run.Output);
    }

    [Theory]
    [InlineData("record -o t.tct")]
    [InlineData("record -o t.tct -- true")]
    [InlineData("--count 1")]
    public void OneForAllOthersSaysThatItCannotRecord(string words)
    {
        RunResult run = Run(Other + $"dotnet $dll {words} 2>told; echo $?; cat told; ls t.tct 2>/dev/null");
        Assert.StartsWith("4\ntcptracer: this machine cannot record: this package of tcptracer runs on every machine and so has no probes: "
            + "use the package, or the executable, that is made for linux-x64 or linux-arm64 (", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, run.Lines.Length);
    }

    public void Dispose() => _folder.Dispose();
}
