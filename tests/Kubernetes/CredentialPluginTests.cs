using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Kubernetes;

/// <summary>Programs that a kubeconfig names: they run as they are written there, and are not waited for without end.</summary>
public sealed class CredentialPluginTests : IDisposable
{
    private const string Credentials =
        """{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"plugged in"}}""";
    private readonly KubernetesCluster _cluster = new();

    public CredentialPluginTests()
    {
        _cluster.Server.Token = "plugged in";
        _cluster.Surroundings = _cluster.Surroundings with { PluginTime = TimeSpan.FromSeconds(2) };
    }

    private Reports Follow(string script, string command = "./plug in", string more = "")
    {
        File.WriteAllText(_cluster.File("plug in"), $"#!/bin/bash\n{script}\n");
        File.SetUnixFileMode(_cluster.File("plug in"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return _cluster.Follow(_cluster.Find(
            _cluster.Kubeconfig($$"""{exec: {apiVersion: client.authentication.k8s.io/v1, command: "{{command}}"{{more}}} }""")));
    }

    /// <summary>A path is relative to the kubeconfig, and not to the working directory.</summary>
    [Fact]
    public void PluginGetsItsArgumentsAndVariablesUnchanged()
    {
        string told = _cluster.File("told");
        Follow($"printf '<%s>' \"$@\" \"$FLAVOUR\" \"$KUBERNETES_EXEC_INFO\" >'{told}'; echo '{Credentials}'",
            more: ", args: [two words, '', '\"quoted\" $HOME \\'], env: [{name: FLAVOUR, value: sweet sour}]").AwaitReport("synced");
        const string info = """{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}}""";
        Assert.Equal($"""<two words><><"quoted" $HOME \><sweet sour><{info}>""", File.ReadAllText(told));
    }

    [Theory]
    [InlineData("yes", "prints more than 1 MiB and was killed; run it in a shell to see what it does")]
    [InlineData("sleep 1000", "has not ended after 2 s and was killed; run it in a shell to see what it does")]
    [InlineData("exec >&- 2>&-; sleep 1000", "has not ended after 2 s and was killed; run it in a shell to see what it does")]
    [InlineData("read line || echo \"nobody is there\" >&2; exit 3", "ends with exit status 3: nobody is there")]
    [InlineData("yes no >&2 & sleep 0.1; kill %1; exit 3", "ends with exit status 3: no")]
    [InlineData("echo hello",
        "prints no credentials (an ExecCredential of client.authentication.k8s.io/v1, as JSON); run it in a shell to see what it does")]
    [InlineData("echo '{}'",
        "prints no credentials (an ExecCredential of client.authentication.k8s.io/v1, as JSON); run it in a shell to see what it does")]
    [InlineData("echo '{\"apiVersion\":\"v2\",\"status\":{\"token\":\"x\"}}'",
        "prints credentials of v2, but the kubeconfig wants client.authentication.k8s.io/v1")]
    public void PluginWithoutCredentialsIsReportedOnce(string script, string sentence)
    {
        Reports reports = Follow(script);
        reports.AwaitReport("problem");
        Assert.Equal($"the Kubernetes API at {_cluster.Server.Url} cannot be used: the credential plug-in '{_cluster.File("plug in")}' "
            + $"{sentence}; names of pods may be missing or old until it can", reports.Said[0]);
        Assert.Empty(_cluster.Server.Requests);
    }

    /// <summary>A plug-in may start an agent that stays.</summary>
    [Fact]
    public void ChildThatKeepsTheOutputOpenCausesNoDelay()
    {
        Follow($"sleep 1000 & echo $! >'{_cluster.File("child")}'; echo '{Credentials}'").AwaitReport("synced");
        int child = int.Parse(File.ReadAllText(_cluster.File("child")));
        Assert.Equal(0, Native.kill(child, 9)); // it was still there
    }

    [Fact]
    public void TimedOutPluginIsKilledWithItsChildren()
    {
        Follow($"sleep 1000 & echo $! >'{_cluster.File("child")}'; wait").AwaitReport("problem");
        int child = int.Parse(File.ReadAllText(_cluster.File("child")));
        AwaitEnd(child);
    }

    /// <summary>A bare name is searched in PATH only, whatever the working directory is.</summary>
    [Fact]
    public void PluginInTheWorkingDirectoryIsNotRun()
    {
        Reports reports = Follow($"echo '{Credentials}'", command: "plug in", more: ", installHint: get it from the shop");
        reports.AwaitReport("problem");
        Assert.Contains("the credential plug-in 'plug in' is in no folder of PATH (get it from the shop); ", Assert.Single(reports.Said));
    }

    [RecordingFact]
    public void PluginEndsWithTheRecording()
    {
        string kubeconfig = _cluster.Kubeconfig($$"""{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plug} }""");
        File.WriteAllText(_cluster.File("plug"), $"#!/bin/sh\necho $$ >'{_cluster.File("pid")}'\nexec sleep 1000\n");
        File.SetUnixFileMode(_cluster.File("plug"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var program = TcptracerProgram.StartWatching("record", "-o", _cluster.File("t.tct"), "--kubeconfig", kubeconfig,
            "--runtime-endpoint", "/nonexistent.sock");
        int plug = int.Parse(File.ReadAllText(_cluster.File("pid")));
        Assert.Equal(0, program.Stop().ExitCode);
        AwaitEnd(plug);
    }

    /// <summary>Waits until a process is gone: the process that inherits it may take some time.</summary>
    private static void AwaitEnd(int process) =>
        Assert.True(SpinWait.SpinUntil(() => Native.kill(process, 0) != 0 || IsDead(process), TimeSpan.FromSeconds(10)));

    private static bool IsDead(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _cluster.Dispose();
}
