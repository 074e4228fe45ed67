using System.Runtime.InteropServices;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>The start scripts in a clone, before anything is built.</summary>
public sealed class StartScriptTests : IDisposable
{
    private readonly TemporaryFolder _clone = new();

    public void Dispose() => _clone.Dispose();

    /// <summary>A clone of a few files; the PATH has what the script needs, but no dotnet and no apt.</summary>
    public StartScriptTests() => Assert.Equal(0, Shell.Run($"""
        set -e; cd {_clone.Path}
        cp -r {Document.PathOf("tcptracer")} {Document.PathOf(".build")} {Document.PathOf("Directory.Build.props")} .
        mkdir bpf formats recorder replay cli deploy bin
        touch cli/source.cs deploy/daemonset.yaml
        for tool in bash git uname find readlink touch install mv mkdir id sed env printf cat timeout flock; do
            ln -s "$(command -v $tool)" bin/
        done
        echo artifacts/ >.gitignore
        git init -q . && git add -A && git -c user.name=t -c user.email=t@localhost commit -qm c
        """).ExitCode);

    /// <summary>An executable that says of itself what a released one says.</summary>
    private static string Release(string folder, string commit, string architecture) => $$"""
        mkdir -p artifacts/release/{{folder}}
        cat >artifacts/release/{{folder}}/tcptracer <<END
        #!/bin/bash
        [ "\$1" = --version ] || { echo "{{folder}}: \$*"; exit; }
        printf 'tcptracer 0.1.0\ncommit: %s\narchitecture: %s\n' {{commit}} {{architecture}}
        END
        chmod +x artifacts/release/{{folder}}/tcptracer
        """ + "\n";

    private RunResult Run(string before = "") => Shell.Run($"""
        cd {_clone.Path}
        {before}
        PATH=$PWD/bin ./tcptracer show x
        """);

    private static string Here => RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x86-64";

    [Fact]
    public void ExecutableOfTheSameCommitIsTaken()
    {
        RunResult run = Run(Release("odd", "$(git rev-parse HEAD)", "sparc") + Release("new/bin", "$(git rev-parse HEAD)", Here));
        Assert.Equal((0, "new/bin: show x\n"), (run.ExitCode, run.Output));
        Assert.Equal("tcptracer: this commit is not built but taken as it was released: artifacts/release/new/bin/tcptracer\n", run.Errors);
        run = Run(); // it lies where a built one would
        Assert.Equal((0, "new/bin: show x\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Theory]
    [InlineData("echo changed >cli/source.cs")]
    [InlineData("git -c user.name=t -c user.email=t@localhost commit -qm later --allow-empty")]
    [InlineData("rm -r .git")]
    public void ExecutableOfAnotherSourceIsNotTaken(string change)
    {
        RunResult run = Run(Release("amd64", "$(git rev-parse HEAD)", Here) + change);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("tcptracer: the .NET 10 SDK is needed", run.Errors, StringComparison.Ordinal);
        Assert.Single(run.Errors.TrimEnd().Split('\n'));
    }

    /// <summary>What lies where a built one would is of another commit.</summary>
    [Fact]
    public void AnOlderExecutableIsNotRunWhereTheReleasedOneCannotBeCopied()
    {
        RunResult run = Run(Release("amd64", "$(git rev-parse HEAD)", Here) + """
            built=artifacts/publish/TcpTracer.Cli/release
            mkdir -p $built; printf '#!/bin/bash\necho old\n' >$built/tcptracer; chmod +x $built/tcptracer
            touch -d 2020-01-01 artifacts/publish/.built
            rm bin/install; printf '#!/bin/bash\nexit 1\n' >bin/install; chmod +x bin/install
            """);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("tcptracer: the .NET 10 SDK is needed", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>Before anything is installed or built.</summary>
    [Theory]
    [InlineData("tcptracer")]
    [InlineData("test")]
    public void OtherProcessorsAreRefusedWithASentence(string script)
    {
        RunResult run = Shell.Run($$"""
            cd {{_clone.Path}}
            cp {{Document.PathOf(script)}} .; rm bin/uname; printf '#!/bin/bash\necho riscv64\n' >bin/uname; chmod +x bin/uname
            PATH=$PWD/bin ./{{script}} --version
            """);
        Assert.Equal((1, "", "tcptracer: it runs on x86-64 and arm64 (aarch64), and this machine is riscv64\n"),
            (run.ExitCode, run.Output, run.Errors));
    }
}
