using TcpTracer.Recorder.Machine;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>If there is no TLS library, the real executable says so once, and records without the API. .NET itself would abort.</summary>
public sealed class OpenSslTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void OpenSslIsFoundOnThisMachine() => Assert.Null(TlsLibrary.Obstacle());

    /// <summary>
    /// Runs in a folder with only the executable, its libraries as ldd shows them, and a kubeconfig, like a bare container.
    /// </summary>
    [KernelFact]
    public void RecordingWithoutOpenSslWorksWithoutTheApi()
    {
        using var server = new ApiServer();
        File.WriteAllText(_folder.File("ca.crt"), server.Authority);
        File.WriteAllText(_folder.File("config"), $$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "{{server.Url}}", certificate-authority: ca.crt} }]
            contexts: [{name: c, context: {cluster: c, user: u} }]
            users: [{name: u, user: {token: t} }]
            current-context: c
            """);
        RunResult run = Shell.Run("""
            mkdir $1/sys $1/proc $1/dev $1/tmp; cp $TCPTRACER $1/tcptracer
            for l in $(ldd $TCPTRACER | grep -o '/[^ ]*'); do mkdir -p $1${l%/*}; cp $l $1$l; done
            unshare -m bash -c 'for d in sys proc dev; do mount --rbind /$d $1/$d; done
                chroot $1 /tcptracer record -o /tmp/t.tct --kubeconfig /config --duration 200ms' bash $1
            """, _folder.Path);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Equal($"tcptracer: the Kubernetes API at {server.Url} cannot be asked: there is no TLS library, "
            + "neither libssl.so.3 nor libssl.so.1.1 (install OpenSSL: package libssl3, libssl3t64 or openssl-libs); "
                + "names that only it knows are missing",
                Assert.Single(run.ErrorLines, l => l.Contains("Kubernetes", StringComparison.Ordinal)));
        Assert.Contains("0 events lost", run.ErrorLines);
    }

    public void Dispose() => _folder.Dispose();
}
