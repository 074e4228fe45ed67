using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>What <c>info</c> says of the sources of names at the end of a recording, and of events without a name.</summary>
public sealed class NamesAtEndTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Trace()
    {
        const long second = 1_000_000_000;
        long begin = TraceBytes.Clock.BootNs;
        using FileStream to = File.Create(_folder.File("t.tct"));
        var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.Zero)
        {
            NamesAtEnd = () => new NamesAtEnd(
                [
                    new SourceAtEnd("Kubernetes API at https://10.0.0.1", "failing")
                    {
                        Problem = "it \u001b[31mfails", FirstNs = begin + second, LastNs = begin + 60 * second, Failures = 2,
                        FailedNs = 3 * second / 2,
                    },
                    new SourceAtEnd("containerd at /run/x.sock", "silent"),
                ],
                new UnnamedEvents(0, 2, 1, 0, 0)),
        };
        TcpEvent e = RandomTraffic.Events(1, 1)[0];
        writer.OnEvent(in e);
        writer.Finish(new TraceEnd("test", 1, 1, 0));
        return to.Name;
    }

    private static JsonElement Json(string file) =>
        JsonDocument.Parse(Assert.Single(TcptracerProgram.Run("info", file, "-o", "json").Lines)).RootElement;

    [Fact]
    public void InfoSaysHowSourcesDidUntilTheEnd()
    {
        string[] lines = TcptracerProgram.Run("info", Trace()).Lines;
        Assert.Contains("  at end     Kubernetes API at https://10.0.0.1: answered from 2023-11-14T22:13:21.000000000Z to "
            + "2023-11-14T22:14:20.000000000Z; failed 2 times, for 1.5 s; at the end: it \\x1b[31mfails", lines);
        Assert.Contains("  at end     containerd at /run/x.sock: never answered", lines);
        Assert.Contains("  unnamed    3 events of pods without a name: 2 before a source had answered, 1 while a source failed", lines);
    }

    [Fact]
    public void JsonHasTheSameAndRedactionKeepsTheCounts()
    {
        string file = Trace(), copy = _folder.File("copy.tct"), redacted = _folder.File("redacted.tct");
        Assert.Equal(0, TcptracerProgram.Run("filter", file, "-o", copy).ExitCode);
        Assert.Equal(0, TcptracerProgram.Run("redact", file, "-o", redacted).ExitCode);
        foreach (string good in (string[])[file, copy])
        {
            JsonElement info = Json(good);
            JsonElement api = info.GetProperty("sources_at_end")[0];
            Assert.Equal(("failing", 2, 1_500_000_000, "2023-11-14T22:13:21.000000000Z"), (api.GetProperty("state").GetString(),
                api.GetProperty("failures").GetInt32(), api.GetProperty("failed_ns").GetInt64(),
                api.GetProperty("answered_from").GetString()));
            Assert.False(info.GetProperty("sources_at_end")[1].TryGetProperty("answered_from", out _));
        }
        Assert.Equal(2, Json(redacted).GetProperty("unnamed").GetProperty("not_answered").GetInt32());
        Assert.False(Json(redacted).TryGetProperty("sources_at_end", out _));
    }

    public void Dispose() => _folder.Dispose();
}
