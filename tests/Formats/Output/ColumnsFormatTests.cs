using TcpTracer.Formats.Events;
using Xunit;

namespace TcpTracer.Tests.Formats.Output;

public sealed class ColumnsFormatTests
{
    private const string SeedHeader = "NODE             NAMESPACE        POD              CONTAINER        T PID    COMM             IP  "
        + "SADDR            DADDR            SPORT   DPORT\n";
    private const string SeedLine = "minikube         <>               <>               <>               C 19981  wget             4   "
        + "172.17.0.3       95.101.225.221   34434   443\n";

    private static TcpEvent SeedEvent(uint pid, string daddr, ushort sport)
    {
        TcpEvent e = SampleEvents.Seed;
        e.Process = e.Process with { Pid = pid };
        e.Daddr = SampleEvents.AddressOf(daddr);
        e.Sport = sport;
        return e;
    }

    [Fact]
    public void DefaultColumnsMatchTheSpecifiedHeaderAndLine() =>
        Assert.Equal(SeedHeader + SeedLine, SampleEvents.Print("columns", null, true, SeedEvent(19981, "95.101.225.221", 34434)));

    [Fact]
    public void CustomColumnsMatchTheSpecifiedOutput() =>
        Assert.Equal("PID    COMM\n28489  wget\n",
            SampleEvents.Print("custom-columns=pid,comm", null, true, SeedEvent(28489, "10.0.0.1", 1)));

    [Fact]
    public void SpecifiedColumnsKeepTheRequestedOrder() => Assert.Equal(
        "NODE             NAMESPACE        CONTAINER        POD              T PID    COMM             IP  SADDR            "
            + "DADDR            SPORT   DPORT\n" +
        "minikube         <>               <>               <>               C 29246  wget             4   172.17.0.3       "
            + "23.57.4.240      34918   443\n",
        SampleEvents.Print("custom-columns=node,namespace,container,pod,t,pid,comm,ip,saddr,daddr,sport,dport", null, true,
            SeedEvent(29246, "23.57.4.240", 34918)));

    [Fact]
    public void NamesMayBeInCapitalsOrJsonKeys() =>
        Assert.Equal("PID    IP\n29610  4\n", SampleEvents.Print("custom-columns=PID,ipversion", null, true, SampleEvents.Seed));

    [Fact]
    public void ColumnsNeverCutValues()
    {
        TcpEvent e = SampleEvents.Make(Operation.Connect, "sixteen-letters!");
        e.Saddr = SampleEvents.AddressOf("2001:db8:1111:2222:3333:4444:5555:6666");
        e.Process = e.Process with { Pid = 4194304 };
        Assert.Equal("4194304 sixteen-letters! 2001:db8:1111:2222:3333:4444:5555:6666 443\n",
            SampleEvents.Print("custom-columns=pid,comm,saddr,dport", null, false, e));
    }

    [Theory]
    [InlineData("columns")]
    [InlineData("wide")]
    [InlineData("custom-columns=pid,error")]
    public void LinesNeverEndInABlank(string format)
    {
        foreach (string line in SampleEvents.Print(format, null, true, SampleEvents.Seed, SampleEvents.Make(Operation.Close),
            SampleEvents.Make(Operation.ConnectFailed)).Split('\n'))
            Assert.Equal(line.TrimEnd(), line);
    }

    [Fact]
    public void ControlCharactersAreEscaped() =>
        Assert.Equal("a\\x1b[31m\\x0ab\\xff\n", SampleEvents.Print("custom-columns=comm", null, false,
            SampleEvents.Make(Operation.Connect, "a\e[31m\nb"u8.ToArray().Append((byte)0xff).ToArray())));

    [Fact]
    public void HeadersCanBeLeftOut() => Assert.Equal("wget\n", SampleEvents.Print("custom-columns=comm", null, false, SampleEvents.Seed));

    [Fact]
    public void WideAddsTimeAndReasonOfTheEnd()
    {
        TcpEvent e = SampleEvents.Make(Operation.Close);
        e.Reason = Reason.PeerClose;
        (e.Sent, e.Received) = (77, 12345);
        string[] lines = SampleEvents.Print("wide", null, true, e).Split('\n');
        Assert.StartsWith("TIMESTAMP                      NODE ", lines[0]);
        Assert.EndsWith("ERROR          REASON         LATENCY_NS  DURATION_NS   SENT_BYTES  RECEIVED_BYTES RETRANSMITS CONN             "
            + "SRC                              DST", lines[0]);
        Assert.StartsWith("2025-11-23T14:28:05.124956789Z minikube ", lines[1]);
        Assert.EndsWith(" X 29610  wget             4   172.17.0.3       23.57.4.240      35108   443                    "
            + "peer-close                 1500000       77          12345          0           e8d4a51000.1     "
            + "172.17.0.3:35108                 23.57.4.240:443", lines[1]);
    }
}
