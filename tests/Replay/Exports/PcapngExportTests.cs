using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Exports.Pcapng;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay.Exports;

/// <summary>tshark reads the packets without a warning. Its filters find the events, and its totals are those of the events.</summary>
public sealed class PcapngExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Export(params byte[][] traces)
    {
        string file = _folder.File("a.pcapng");
        File.WriteAllBytes(file, Exported.Write(to => new PcapngExport(to, "tcptracer 1.2.3"), traces));
        return file;
    }

    private static string[] Tshark(string file, params string[] options)
    {
        var start = new ProcessStartInfo("tshark", ["-n", "-r", file, .. options])
        {
            RedirectStandardOutput = true, RedirectStandardError = true
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal((0, ""), (process.ExitCode,
            string.Concat(errors.Result.Split('\n').Where(l => !l.StartsWith("Running as user", StringComparison.Ordinal)))));
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static JsonElement[] EventsOf(byte[] trace) => [.. Printing.Of(trace).Lines.Select(l => JsonDocument.Parse(l).RootElement)
        .Where(l => l.GetProperty("type").GetString() == "normal")];

    private static string? Text(JsonElement e, string key) => e.TryGetProperty(key, out JsonElement value) ? value.GetString() : null;

    [Fact]
    public void TsharkWarnsOfResetsOnly()
    {
        string[] warnings = [.. Tshark(Export(Exported.Shop), "-q", "-z", "expert,warn")
            .Where(l => l.Contains("Sequence", StringComparison.Ordinal) || l.Contains("Protocol", StringComparison.Ordinal))];
        string reset = Assert.Single(warnings, l => !l.Contains("Frequency", StringComparison.Ordinal));
        Assert.EndsWith("Connection reset (RST)", reset, StringComparison.Ordinal);
        Assert.Empty(Tshark(_folder.File("a.pcapng"), "-Y", "_ws.malformed", "-o", "ip.check_checksum:TRUE", "-o",
            "tcp.check_checksum:TRUE"));
        Assert.Empty(Tshark(_folder.File("a.pcapng"), "-Y", "ip.checksum.status == 0 || tcp.checksum.status == 0", "-o",
            "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"));
    }

    [Fact]
    public void EveryEventIsInAComment()
    {
        JsonElement[] events = EventsOf(Exported.Shop);
        string[] comments = Tshark(Export(Exported.Shop), "-T", "fields", "-e", "frame.comment");
        HashSet<string> told = [.. comments.Select(c => $"{Part(c, "operation")} {Part(c, "conn")}")];
        Assert.Equal(events.Select(e => $"{Text(e, "operation")} {Text(e, "conn")}").Distinct().Order(StringComparer.Ordinal),
            told.Order(StringComparer.Ordinal));
        HashSet<string> web = [.. Tshark(_folder.File("a.pcapng"), "-Y", "frame.comment contains \"pod=web\"", "-T", "fields", "-e",
            "frame.comment").Select(c => Part(c, "conn"))];
        Assert.Equal(events.Where(e => Text(e, "pod")!.StartsWith("web", StringComparison.Ordinal)).Select(e => Text(e, "conn")!).Distinct()
            .Order(StringComparer.Ordinal), web.Order(StringComparer.Ordinal));
    }

    private static string Part(string comment, string key) =>
        comment.Split(' ').Single(p => p.StartsWith(key + "=", StringComparison.Ordinal))[(key.Length + 1)..];

    [Fact]
    public void ResetsAreFoundByTheirFlag()
    {
        IEnumerable<string> expected = EventsOf(Exported.Shop).Where(e => Text(e, "error") == "ECONNREFUSED"
            || Text(e, "reason") is "reset-sent" or "reset-received").Select(e => Text(e, "conn")!);
        string[] resets = Tshark(Export(Exported.Shop), "-Y", "tcp.flags.reset==1", "-T", "fields", "-e", "frame.comment");
        Assert.Equal(expected.Order(StringComparer.Ordinal), resets.Select(c => Part(c, "conn")).Order(StringComparer.Ordinal));
    }

    /// <summary>Few bytes and many, by IPv4 and by IPv6. For many bytes, segments are longer than those of a network.</summary>
    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", 0, 0)]
    [InlineData("10.0.0.1", "10.0.0.2", 1, 65_496)]
    [InlineData("10.0.0.1", "10.0.0.2", 5_000_000, 9_876_543_210)]
    [InlineData("fd00::1", "fd00::2", 70_000, 3)]
    [InlineData("fd00::1", "fd00::2", 9_876_543_210, 5_000_000)]
    public void ConversationsHaveTheBytesOfTheirConnections(string near, string far, ulong sent, ulong received)
    {
        string file = Export(TraceBytes.Write(Exported.Connection(near, far, sent, received)));
        string source = near.Contains(':', StringComparison.Ordinal) ? "ipv6.src" : "ip.src";
        string[][] rows = [.. Tshark(file, "-T", "fields", "-e", source, "-e", "tcp.len", "-e", "tcp.stream").Select(l => l.Split('\t'))];
        ulong Sum(string from) =>
            rows.Where(r => r[0] == from).Aggregate(0ul, (sum, r) => sum + ulong.Parse(r[1], CultureInfo.InvariantCulture));
        Assert.Equal((sent, received), (Sum(near), Sum(far)));
        Each.Of(rows, r => Assert.Equal("0", r[2]));
        Assert.DoesNotContain(Tshark(file, "-q", "-z", "expert,note"), l => l.Contains("Warns", StringComparison.Ordinal)
            || l.Contains("retransmission", StringComparison.Ordinal));
    }

    /// <summary>If the trace has both ends of a connection, its packets are written once.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0x12345678_9abcdef0)]
    public void BothEndsAreOneConversation(ulong flow)
    {
        TcpEvent[] one = Exported.Connection("10.0.0.1", "10.0.0.2", 1_000, 200, flow: flow), other = Exported.OtherEnd(one);
        TcpEvent[] again = Exported.Connection("10.0.0.1", "10.0.0.2", 30, 4, startNs: 1_000_100_000_000, flow: flow == 0 ? 0 : flow + 1);
        string file = Export(TraceBytes.Write([one[0], other[0], other[1], one[1], .. again]));
        string[][] rows = [.. Tshark(file, "-T", "fields", "-e", "ip.src", "-e", "tcp.len", "-e", "tcp.stream").Select(l => l.Split('\t'))];
        int Sum(string from, string stream) =>
            rows.Where(r => r[0] == from && r[2] == stream).Sum(r => int.Parse(r[1], CultureInfo.InvariantCulture));
        Assert.Equal((1_000, 200, 30, 4), (Sum("10.0.0.1", "0"), Sum("10.0.0.2", "0"), Sum("10.0.0.1", "1"), Sum("10.0.0.2", "1")));
        Assert.DoesNotContain(Tshark(file, "-q", "-z", "expert,warn"), l => l.Contains("Warns", StringComparison.Ordinal));
        Assert.Equal(["accept", "close", "connect"], Tshark(file, "-T", "fields", "-e", "frame.comment").Select(c => Part(c, "operation"))
            .Distinct().Order());
    }

    [Fact]
    public void HandshakeHasTheLatencyOfTheConnect()
    {
        string file = Export(TraceBytes.Write(Exported.Connection("10.0.0.1", "10.0.0.2", 1, 1)));
        Assert.Equal(["0.005000000"],
            Tshark(file, "-Y", "tcp.flags.syn==1 && tcp.flags.ack==1", "-T", "fields", "-e", "tcp.analysis.ack_rtt"));
    }

    [Fact]
    public void AddressesAreNamedAfterPodsAndServices()
    {
        string[] ends = Tshark(Export(Exported.Shop), "-N", "n", "-T", "fields", "-e", "ip.dst_host");
        Assert.Contains("cache.shop.svc", ends);
        Assert.Contains("cart-5c9f7b6d4-q8t2m.shop.pod", ends);
    }

    [Fact]
    public void EveryNetworkNamespaceIsAnInterface()
    {
        HashSet<string> expected =
            [.. Printing.Of(Exported.Shop, format: "custom-columns=netns").Lines.Skip(1).Select(l => $"netns {l.Trim()}")];
        HashSet<string> names = [.. Tshark(Export(Exported.Shop), "-T", "fields", "-e", "frame.interface_name")];
        Assert.Equal(expected.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void UnsentSegmentsAreNoPackets()
    {
        TcpEvent failed = Exported.Connection("10.0.0.1", "10.0.0.2", 0, 0)[0] with
        {
            Operation = Operation.ConnectFailed,
            Error = 101,
            Flags = EventFlags.NoSyn
        };
        var to = new MemoryStream();
        using var export = new PcapngExport(to, "tcptracer 1.2.3");
        export.OnEvent(in failed);
        export.Finish();
        Assert.Equal(1, export.LeftOut);
        File.WriteAllBytes(_folder.File("a.pcapng"), to.ToArray());
        Assert.Empty(Tshark(_folder.File("a.pcapng")));
    }

    /// <summary>Extreme numbers, names that are not valid, and addresses of different families.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void TsharkReadsExportsOfRandomTraces(ulong seed)
    {
        string file = Export(TraceBytes.Write(RandomTraffic.Events(seed, 2_000)), TraceBytes.WithPods(seed, 500));
        Assert.NotEmpty(Tshark(file));
        Assert.Empty(Tshark(file, "-Y", "_ws.malformed"));
    }

    [Fact]
    public void CommentIsOneLineOfVisibleCharacters()
    {
        TcpEvent e = Exported.Connection("10.0.0.1", "10.0.0.2", 0, 0)[0];
        e.Process = e.Process with { Comm = new SafeText("a\u001b[31m\nb\u202e") };
        string comment = Assert.Single(Tshark(Export(TraceBytes.Write([e])), "-T", "fields", "-e", "frame.comment"));
        Assert.DoesNotContain('\u001b', comment);
        Assert.DoesNotContain('\u202e', comment);
        Assert.Contains("x1b[31m", comment, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
