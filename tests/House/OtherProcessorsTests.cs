using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>./tcptracer and ./test, where there is nothing to build yet.</summary>
public sealed class OtherProcessorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>A processor that the probes do not know is named before anything is installed or built.</summary>
    [Theory]
    [InlineData("tcptracer")]
    [InlineData("test")]
    public void OtherProcessorsAreRefusedWithASentence(string script)
    {
        RunResult run = Shell.Run("""
            mkdir $2/bin $2/clone
            cp -r $1/.build $1/tcptracer $1/test $2/clone
            printf '#!/bin/sh\necho riscv64\n' >$2/bin/uname
            chmod 755 $2/bin/uname
            PATH=$2/bin:$PATH $2/clone/$3 --version
            """, TcptracerProgram.Repository, _folder.Path, script);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Equal("tcptracer: it runs on x86-64 and arm64 (aarch64), and this machine is riscv64", Assert.Single(run.ErrorLines));
    }

    public void Dispose() => _folder.Dispose();
}
