using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cluster;

/// <summary>The executable under the name kubectl-tcptracer, as kubectl runs it for <c>kubectl tcptracer</c>.</summary>
public sealed class KubectlPluginTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public KubectlPluginTests() => File.CreateSymbolicLink(_folder.File("kubectl-tcptracer"), TcptracerProgram.Path);

    private RunResult Run(string script) => Shell.Run($"PATH=$1:$2/deploy/kubectl:$PATH; unset KUBECONFIG; HOME=$1; cd $1; {script}",
        _folder.Path, TcptracerProgram.Repository);

    private static string AsPlugin(RunResult run) => run.Output.Replace("tcptracer cluster", "kubectl tcptracer", StringComparison.Ordinal);

    [Fact]
    public void HelpAndSentencesFollowTheName()
    {
        Assert.Equal(AsPlugin(TcptracerProgram.Run("cluster", "--help")), Run("kubectl-tcptracer --help").Output);
        Assert.StartsWith("Usage: kubectl tcptracer [options]\n", Run("kubectl-tcptracer help").Output, StringComparison.Ordinal);
        Assert.Equal(AsPlugin(TcptracerProgram.Run("cluster", "record", "--help")), Run("kubectl-tcptracer help record").Output);
        RunResult missing = Run("kubectl-tcptracer record");
        Assert.Equal((2, "tcptracer: -o FILE is missing: name the trace to write, as in kubectl tcptracer record -o trace.tct "
            + "(`kubectl tcptracer record --help` lists the options)\n"), (missing.ExitCode, missing.Errors));
        RunResult unknown = Run("kubectl-tcptracer deploi");
        Assert.Equal((2, "tcptracer: 'deploi' is not known here; did you mean 'deploy'? (`kubectl tcptracer --help` lists the options)\n"),
            (unknown.ExitCode, unknown.Errors));
        Assert.StartsWith("tcptracer: there is no kubeconfig, ", Run("kubectl-tcptracer -n shop").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void CommandsForFilesWorkAsWell()
    {
        string trace = Path.Combine(TcptracerProgram.Repository, "examples/shop.tct");
        RunResult shown = Run($"kubectl-tcptracer show {trace} --failed");
        Assert.Equal((0, TcptracerProgram.Run("show", trace, "--failed").Output), (shown.ExitCode, shown.Output));
        Assert.Equal(TcptracerProgram.Run("--version").Output, Run("kubectl-tcptracer --version").Output);
    }

    [Fact]
    public void CompletionSpeaksAsKubectlExpects()
    {
        Assert.Equal(["record", ":4"], Run("kubectl_complete-tcptracer rec").Lines);
        string[] all = Run("kubectl_complete-tcptracer ''").Lines;
        Each.Of(new[] { "record", "collect", "deploy", "undeploy", "status" }, c => Assert.Contains(c, all));
        Assert.Contains("--agent-namespace", Run("kubectl_complete-tcptracer record --a").Lines);
        Assert.Equal(":0", Run("kubectl_complete-tcptracer show ''").Lines[^1]);
        Assert.Equal(["json", "jsonpretty", ":4"], Run("kubectl_complete-tcptracer -o js").Lines);
    }

    public void Dispose() => _folder.Dispose();
}
