using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats.Output;

public sealed class JsonFormatTests
{
    private const string SeedKeys =
        """{"type":"normal","node":"minikube","namespace":"\u003c\u003e","pod":"\u003c\u003e","container":"\u003c\u003e","pid":"""
        + """29610,"comm":"wget","ipversion":4,"saddr":"172.17.0.3","daddr":"23.57.4.240","sport":"""
        + """35108,"dport":443,"operation":"connect" """;

    [Fact]
    public void LineBeginsWithTheSpecifiedThirteenKeys() =>
        Assert.Equal(SeedKeys.TrimEnd() + ""","timestamp":"2025-11-23T14:28:05.124956789Z","tid":29610,"uid":1000,"gid":"""
            + """1001,"conn":"e8d4a51000.1","latency_ns":1500000,"netns":4026531840,"mntns":4026531841,"cgroup":77,"attribution":"task"}"""
            + "\n",
            SampleEvents.Print("json", null, true, SampleEvents.Seed));

    [Fact]
    public void SpecifiedFieldsGiveTheSpecifiedLine() => Assert.Equal(SeedKeys.TrimEnd() + "}\n",
        SampleEvents.Print("json", "type,node,namespace,pod,container,pid,comm,ipversion,saddr,daddr,sport,dport,operation", true,
            SampleEvents.Seed));

    [Fact]
    public void ControlCharactersAndMarkupAreEscaped()
    {
        string line = SampleEvents.Print("json", "comm", true, SampleEvents.Make(Operation.Connect, "\e]0;x\a\n\"<&>\\"u8.ToArray()));
        Assert.Equal("""{"comm":"\u001b]0;x\u0007\n\"\u003c\u0026\u003e\\"}""" + "\n", line);
        Assert.Equal("\e]0;x\a\n\"<&>\\", JsonDocument.Parse(line).RootElement.GetProperty("comm").GetString());
    }

    [Fact]
    public void FieldsThatDoNotApplyAreLeftOut()
    {
        TcpEvent failed = SampleEvents.Make(Operation.ConnectFailed);
        failed.Error = 111;
        JsonElement e = JsonDocument.Parse(SampleEvents.Print("json", null, true, failed)).RootElement;
        Assert.Equal("ECONNREFUSED", e.GetProperty("error").GetString());
        Assert.False(e.TryGetProperty("sent_bytes", out _));
        Assert.False(e.TryGetProperty("duration_ns", out _));
        Assert.False(JsonDocument.Parse(SampleEvents.Print("json", null, true, SampleEvents.Seed))
            .RootElement.TryGetProperty("error", out _));
    }

    [Fact]
    public void NewerKeysFollowTheOlderKeys()
    {
        TcpEvent e = SampleEvents.Make(Operation.Close) with { Flow = 0xab, CloseNs = 2_000_000 };
        e.Process = e.Process with { Exe = new SafeText("/opt/a b\u001b") };
        string line = SampleEvents.Print("json", null, true, e);
        Assert.EndsWith(""","attribution":"task","flow":"00000000000000ab","exe":"/opt/a b\u001b","close_ns":2000000}""" + "\n", line);
        Assert.Equal("FLOW             EXE                      CLOSE_NS\n00000000000000ab /opt/a b\\x1b             2000000\n",
            SampleEvents.Print("custom-columns=flow,exe,close_ns", null, true, e));
        TcpEvent progress = e with { Operation = Operation.Progress };
        Assert.DoesNotContain("close_ns",
            SampleEvents.Print("json", null, true, progress, e with { CloseNs = 0 }, e with { CloseNs = -1 }));
    }

    [Theory]
    [InlineData(Operation.Existing, EventFlags.None, true)]
    [InlineData(Operation.Existing, EventFlags.Uncounted, false)]
    [InlineData(Operation.Progress, EventFlags.None, true)]
    [InlineData(Operation.Close, EventFlags.Untimed | EventFlags.Unfinished, true)]
    [InlineData(Operation.Unaccepted, EventFlags.None, false)]
    public void BytesAreShownOnlyWhereCounted(Operation operation, EventFlags flags, bool expected)
    {
        TcpEvent e = SampleEvents.Make(operation) with { Flags = flags, SrttUs = 7 };
        JsonElement line = JsonDocument.Parse(SampleEvents.Print("json", "+unfinished", true, e)).RootElement;
        Each.Of(["sent_bytes", "received_bytes", "retransmits", "srtt_us"], key => Assert.Equal(expected, line.TryGetProperty(key, out _)));
        Each.Of(["latency_ns", "duration_ns"], key => Assert.False(line.TryGetProperty(key, out _)));
        Assert.Equal((flags & EventFlags.Unfinished) != 0, line.TryGetProperty("unfinished", out _));
    }

    /// <summary>YAML differs from JSON: a character beyond 16 bits is one escape, and two characters must always be escaped.</summary>
    [Theory]
    [InlineData("a\U000e0021b", "\"a\\U000e0021b\"")]
    [InlineData("\uffff\ufffe", "\"\\uffff\\ufffe\"")]
    [InlineData("\u202e\U000e0001\"\\", "\"\\u202e\\U000e0001\\\"\\\\\"")]
    [InlineData("\\ud83d", "\"\\\\ud83d\"")]
    [InlineData("\ud83d\ude00", "\"\ud83d\ude00\"")]
    public void YamlEscapesTextItsOwnWay(string comm, string expected) =>
        Assert.Equal($"---\ncomm: {expected}\n", SampleEvents.Print("yaml", "comm", true, SampleEvents.Make(Operation.Close, comm)));

    [Fact]
    public void PrettyJsonYamlAndCsvHaveTheSameValues()
    {
        TcpEvent e = SampleEvents.Make(Operation.Close, "a,\"b\"");
        string json = SampleEvents.Print("json", null, true, e);
        using JsonDocument line = JsonDocument.Parse(json);
        using JsonDocument pretty = JsonDocument.Parse(SampleEvents.Print("jsonpretty", null, true, e));
        Assert.True(JsonElement.DeepEquals(line.RootElement, pretty.RootElement));
        string yaml = "---\n" + string.Concat(line.RootElement.EnumerateObject().Select(p => $"{p.Name}: {p.Value.GetRawText()}\n"));
        Assert.Equal(yaml, SampleEvents.Print("yaml", null, true, e));
        Assert.Equal("pid,comm,error\n29610,\"a,\"\"b\"\"\",\n", SampleEvents.Print("csv", "pid,comm,error", true, e));
    }
}
