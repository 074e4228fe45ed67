using System.Diagnostics;
using System.Text.Json;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary><c>tcptracer --connections</c> while connections are made.</summary>
public sealed class LiveConnectionsTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private void Curl(string url)
    {
        using Process process = TwoHosts.Start(hosts.Left, "curl", ["-s", url]);
        process.WaitForExit();
    }

    [KernelFact]
    public void BothEndsOfAnEndedConnectionAreOneRow()
    {
        using var server = new HttpServer(hosts.Left);
        using TcptracerProgram program = TcptracerProgram.StartWatching("--connections", "-o", "json", "--netns", hosts.Left);
        Curl($"http://{TwoHosts.LeftV4}:{server.Port}/");
        Curl($"http://{TwoHosts.LeftV4}:9/");
        Thread.Sleep(300); // curl has ended before the server answers its FIN
        RunResult run = program.Stop();
        JsonElement[] rows = [.. run.Lines.Select(l => JsonDocument.Parse(l).RootElement)];
        JsonElement closed = Assert.Single(rows, r => r.GetProperty("state").GetString() == "closed");
        Assert.Equal(("curl", "connect", server.Port), (closed.GetProperty("comm").GetString(), closed.GetProperty("operation").GetString(),
            closed.GetProperty("dport").GetInt32()));
        JsonElement peer = closed.GetProperty("peer");
        Assert.Equal(Environment.ProcessId, peer.GetProperty("pid").GetInt32());
        Assert.Equal(closed.GetProperty("sent_bytes").GetInt64(), peer.GetProperty("received_bytes").GetInt64());
        Assert.True(closed.GetProperty("latency_ns").GetInt64() < closed.GetProperty("duration_ns").GetInt64());
        JsonElement failed = Assert.Single(rows, r => r.GetProperty("state").GetString() == "failed");
        Assert.Equal(("curl", "ECONNREFUSED"), (failed.GetProperty("comm").GetString(), failed.GetProperty("error").GetString()));
        Assert.Contains(run.ErrorLines, l => l == $"5 events captured, {rows.Length} connections shown");
    }
}
