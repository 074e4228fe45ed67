using System.Globalization;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Kubernetes;

/// <summary>The real executable with a hostile API server: it records, takes little memory, and ends when it is told to.</summary>
public sealed class HostileRecordingTests : IDisposable
{
    private const long MostKilobytes = 640 * 1024; // the old and the new list, and .NET's own memory
    private readonly KubernetesCluster _cluster = new();
    private readonly TemporaryFolder _folder = new();

    [RecordingTheory]
    [InlineData("one object")]
    [InlineData("items")]
    [InlineData("line")]
    public void RecordingContinuesInBoundedMemory(string odd)
    {
        foreach (ApiResource resource in _cluster.Server.Resources.Values)
        {
            resource.Odd = (to, isWatch, _) => odd switch
            {
                "one object" => OddAnswer.EndlessAsync(to, """{"items":[{"metadata":{"uid":" """, "a"),
                "items" => OddAnswer.EndlessAsync(to, $$"""{"items":[{{OddAnswer.Pod(0)}}""", i => "," + OddAnswer.Pod(i)),
                _ when isWatch => OddAnswer.EndlessAsync(to, "", "a"),
                _ => OddAnswer.BodyAsync(to, """{"metadata":{"resourceVersion":"1"},"items":[]}"""),
            };
        }
        using var program = TcptracerProgram.StartWatching("record", "-o", _folder.File("t.tct"), "--kubeconfig", _cluster.Kubeconfig(),
            "--runtime-endpoint", "/nonexistent.sock");
        program.AwaitError(", which no API server does: check which server the kubeconfig names");
        long peak = PeakKilobytes(program.Pid);
        Shell.Run("exec 3<>/dev/tcp/127.0.0.1/$1", $"{_cluster.Server.Port}");
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.InRange(peak, 1, MostKilobytes);
        Assert.Single(run.ErrorLines, l => l.Contains("which no API server does", StringComparison.Ordinal));
        Assert.Contains("bash", TcptracerProgram.Run("show", _folder.File("t.tct")).Output);
    }

    /// <summary>An answer that never comes delays neither the start nor the end.</summary>
    [RecordingFact]
    public void SilentServerDelaysNeitherStartNorEnd()
    {
        foreach (ApiResource resource in _cluster.Server.Resources.Values)
            resource.Gate = new TaskCompletionSource().Task;
        using var program = TcptracerProgram.StartWatching("record", "-o", _folder.File("t.tct"), "--kubeconfig", _cluster.Kubeconfig(),
            "--runtime-endpoint", "/nonexistent.sock");
        RunResult run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("has not answered yet; events have no names from it until it does",
            Assert.Single(run.ErrorLines, l => l.Contains("Kubernetes API", StringComparison.Ordinal)));
        Assert.Contains(": no answer yet", TcptracerProgram.Run("info", _folder.File("t.tct")).Output);
    }

    private static long PeakKilobytes(int pid) =>
        long.Parse(File.ReadLines($"/proc/{pid}/status").Single(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);

    public void Dispose()
    {
        _cluster.Dispose();
        _folder.Dispose();
    }
}
