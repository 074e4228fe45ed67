using System.Text.Json;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// The sources of names, and whether they answer: doctor reports them, a trace records them, info shows them, and
/// no password is among them.
/// </summary>
public sealed class NameSourcesTests : IDisposable
{
    private const string NoRuntime = "container runtime at /nonexistent.sock: not answering (";
    private readonly KubernetesCluster _cluster = new();
    private readonly TemporaryFolder _folder = new();

    private string Trace => _folder.File("t.tct");

    private string[] Options(string? server = null) =>
        ["--kubeconfig", _cluster.Kubeconfig(server: server), "--runtime-endpoint", "/nonexistent.sock"];

    [Fact]
    public void DoctorReportsWhichSourcesAnswer()
    {
        RunResult run = TcptracerProgram.Run(["doctor", .. Options()]);
        Assert.Contains($"ok       names: Kubernetes API at {_cluster.Server.Url}: answering", run.Lines);
        Assert.Contains(run.Lines, l => l.StartsWith("limited  names: " + NoRuntime, StringComparison.Ordinal));
        Assert.Equal("", run.Errors);
    }

    [Fact]
    public void DoctorJsonListsTheSources()
    {
        RunResult run = TcptracerProgram.Run(["doctor", "-o", "json", .. Options()]);
        using JsonDocument json = JsonDocument.Parse(run.Output);
        Assert.Equal(run.ExitCode == 0, json.RootElement.GetProperty("can_record").GetBoolean());
        Assert.Equal([(true, "answering")], json.RootElement.GetProperty("sources").EnumerateArray().Take(1)
            .Select(s => (s.GetProperty("answers").GetBoolean(), s.GetProperty("detail").GetString()!)));
        Assert.Contains("kernel",
            json.RootElement.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("subject").GetString()));
    }

    [RecordingFact]
    public void TraceKeepsItsSourcesWithoutPasswords()
    {
        string withPassword = _cluster.Server.Url.Replace("https://", "https://jane:s3cret@", StringComparison.Ordinal);
        Assert.Equal(0, TcptracerProgram.Run(["record", "-o", Trace, .. Options(withPassword), "--duration", "1ms"]).ExitCode);
        RunResult info = TcptracerProgram.Run("info", Trace);
        Assert.Contains($"  sources    Kubernetes API at {_cluster.Server.Url}: answering", info.Lines);
        Assert.Contains(info.Lines, l => l.StartsWith("  sources    " + NoRuntime, StringComparison.Ordinal));
        using JsonDocument json = JsonDocument.Parse(TcptracerProgram.Run("info", "-o", "json", Trace).Output);
        Assert.Equal($"Kubernetes API at {_cluster.Server.Url}: answering", json.RootElement.GetProperty("sources")[0].GetString());
        Assert.DoesNotContain("s3cret", info.Output);
    }

    [RecordingFact]
    public void TraceKeepsThatASourceRefused()
    {
        _cluster.Server.Token = "another";
        Assert.Equal(0, TcptracerProgram.Run(["record", "-o", Trace, .. Options(), "--duration", "1ms"]).ExitCode);
        Assert.Contains(TcptracerProgram.Run("info", Trace).Lines,
            l => l.StartsWith($"  sources    Kubernetes API at {_cluster.Server.Url}: not answering (", StringComparison.Ordinal));
    }

    [RecordingFact]
    public void TraceKeepsThatNoSourceWasAsked()
    {
        Assert.Equal(0, TcptracerProgram.Run("record", "-o", Trace, "--no-kubernetes", "--duration", "1ms").ExitCode);
        Assert.Contains("  sources    names of pods: not asked for (--no-kubernetes)", TcptracerProgram.Run("info", Trace).Lines);
    }

    [Fact]
    public void HeaderWithoutSourcesShowsNone()
    {
        File.WriteAllBytes(Trace, TraceBytes.Write([], null, TraceBytes.Header));
        Assert.DoesNotContain("  sources ", TcptracerProgram.Run("info", Trace).Output);
        File.WriteAllBytes(Trace, TraceBytes.Write([], null, TraceBytes.Header with { Sources = ["a: answering", "b\u001b[31m: not"] }));
        RunResult info = TcptracerProgram.Run("info", Trace);
        Assert.Contains("  sources    a: answering", info.Lines);
        Assert.DoesNotContain('\u001b', info.Output);
    }

    public void Dispose()
    {
        _cluster.Dispose();
        _folder.Dispose();
    }
}
