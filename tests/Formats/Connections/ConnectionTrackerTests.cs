using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats.TraceFile;
using Xunit;
using static TcpTracer.Tests.Formats.Connections.Gathered;

namespace TcpTracer.Tests.Formats.Connections;

/// <summary>One row a connection, from its events.</summary>
public sealed class ConnectionTrackerTests
{
    private const long Ms = 1_000_000;

    private static readonly string s_all = "custom-columns=state,comm,operation,latency_ns,duration_ns,reason,error,peer_comm,peer_node";

    private static string[] Print(params TcpEvent[] events) =>
        [.. From(events).Print(s_all).Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    [Fact]
    public void RowHasTheLatencyOfItsConnectAndTheReasonOfItsClose() => Assert.Equal(["closed wget connect 2000000 5000000 close"],
        Print(Of(Operation.Connect, 0, 2 * Ms), Of(Operation.Progress, 0, 3 * Ms), Of(Operation.Close, 0, 5 * Ms, reason: Reason.Close)));

    [Fact]
    public void BothEndsAreOneRowThatNamesTheClient()
    {
        TcpEvent accept = Of(Operation.Accept, 1, Ms, flow: 7, comm: "nginx"), connect = Of(Operation.Connect, 0, 2 * Ms, flow: 7);
        TcpEvent[] ends = [Of(Operation.Close, 0, 5 * Ms, flow: 7, Reason.Close),
            Of(Operation.Close, 1, 4 * Ms, flow: 7, Reason.PeerClose, comm: "nginx")];
        string[] expected = ["closed wget connect 2000000 5000000 close nginx minikube"];
        Assert.Equal(expected, Print([accept, connect, .. ends]));
        Assert.Equal(expected, Print([connect, accept, ends[1], ends[0]]));
    }

    [Fact]
    public void FlowKnownOnlyFromALaterEventJoinsBothEnds() => Assert.Equal(
        ["closed wget connect 2000000 5000000 close nginx minikube"], Print(
        Of(Operation.Connect, 0, 2 * Ms), Of(Operation.Accept, 1, Ms, flow: 7, comm: "nginx"),
        Of(Operation.Close, 0, 5 * Ms, flow: 7, Reason.Close),
        Of(Operation.Close, 1, 4 * Ms, flow: 7, Reason.PeerClose, comm: "nginx")));

    [Fact]
    public void EndsOfTwoNodesWithTheSameIdentityAreTwoRows()
    {
        Assert.Equal(["closed wget connect 2000000 5000000 close nginx other"], Print(
            Of(Operation.Connect, 0, 2 * Ms, flow: 7), Of(Operation.Accept, 0, Ms, flow: 7, comm: "nginx", node: "other"),
            Of(Operation.Close, 0, 5 * Ms, flow: 7, Reason.Close),
            Of(Operation.Close, 0, 4 * Ms, flow: 7, Reason.PeerClose, comm: "nginx", node: "other")));
        Assert.Equal(2, Print(Of(Operation.Connect, 0, 2 * Ms), Of(Operation.Connect, 0, Ms, node: "other")).Length);
    }

    [Fact]
    public void ThirdEndOfAFlowIsASeparateRow() =>
        Assert.Equal(2, Print(Of(Operation.Connect, 0, 1, flow: 7), Of(Operation.Accept, 1, 1, flow: 7),
            Of(Operation.Accept, 2, 1, flow: 7)).Length);

    /// <summary>A health check is over before the server's accept() returns. That others were accepted there tells that it will.</summary>
    [Fact]
    public void CallerThatIsDoneBeforeItIsAcceptedIsOneRow()
    {
        TcpEvent[] earlier = [Of(Operation.Accept, 1, Ms, flow: 6, comm: "nginx"),
            Of(Operation.Close, 1, 2 * Ms, flow: 6, Reason.PeerClose)];
        TcpEvent[] check = [Of(Operation.Connect, 0, 2 * Ms, flow: 7), Of(Operation.Close, 0, 5 * Ms, flow: 7, Reason.Close)];
        TcpEvent[] accepted = [Of(Operation.Accept, 2, 9 * Ms, flow: 7, comm: "nginx"),
            Of(Operation.Close, 2, 9_500_000, flow: 7, Reason.PeerClose, comm: "nginx")];
        Assert.Equal("closed wget connect 2000000 5000000 close nginx minikube", Print([.. earlier, .. check, .. accepted])[1]);
        Assert.Equal(2, Print([.. earlier, .. check, .. accepted]).Length);
        Gathered inVain = From([.. earlier, .. check, Of(Operation.Connect, 3, 1_500 * Ms), Of(Operation.Connect, 4, 1_600 * Ms)]);
        Assert.Equal([2, 5], inVain.Rows.Take(2).Select(r => r.After)); // nobody accepts it: it waits a second
    }

    [Fact]
    public void EndSeenAfterItsRowWasEmittedIsASeparateRow() => Assert.Equal(
        ["closed wget connect 2000000 5000000 close", "closed nginx accept 9000000 9500000 peer-close"], Print(
        Of(Operation.Connect, 0, 2 * Ms, flow: 7), Of(Operation.Close, 0, 5 * Ms, flow: 7, Reason.Close),
        Of(Operation.Accept, 1, 9 * Ms, flow: 7, comm: "nginx"),
        Of(Operation.Close, 1, 9_500_000, flow: 7, Reason.PeerClose, comm: "nginx")));

    [Fact]
    public void EarlierConnectionsHaveRowsAndOpenOnesComeLastByStart() => Assert.Equal(
        ["closed old close 5000000 close", "open early existing", "open late connect 1"],
        Print(Of(Operation.Connect, 3 * Ms, 1, comm: "late"), Of(Operation.Close, 0, 5 * Ms, reason: Reason.Close, comm: "old"),
            Of(Operation.Existing, 2 * Ms, 9 * Ms, comm: "early")));

    [Theory]
    [InlineData(Operation.ConnectFailed, Reason.None, "failed")]
    [InlineData(Operation.Unaccepted, Reason.None, "failed")]
    [InlineData(Operation.Close, Reason.Close, "closed")]
    [InlineData(Operation.Close, Reason.PeerClose, "closed")]
    [InlineData(Operation.Close, Reason.Exit, "closed")]
    [InlineData(Operation.Close, Reason.ResetSent, "reset")]
    [InlineData(Operation.Unknown, Reason.ResetReceived, "reset")]
    [InlineData(Operation.Unknown, Reason.Reset, "reset")]
    [InlineData(Operation.Unknown, Reason.TimedOut, "reset")]
    [InlineData(Operation.Unknown, Reason.Killed, "reset")]
    [InlineData(Operation.Unknown, Reason.Aborted, "reset")]
    [InlineData(Operation.Unknown, (Reason)77, "reset")]
    [InlineData(Operation.Progress, Reason.None, "open")]
    [InlineData((Operation)77, Reason.None, "open")]
    public void StateFollowsFromTheLastEvent(Operation operation, Reason reason, string state) =>
        Assert.Equal([state], From([Of(Operation.Existing, 0, 1), Of(operation, 0, 2, reason: reason)]).Print("custom-columns=state"));

    [Fact]
    public void RowIsOpenUntilBothEndsHaveEnded() => Assert.Equal(["open"],
        From([Of(Operation.Connect, 0, 1, flow: 7), Of(Operation.Accept, 1, 1, flow: 7), Of(Operation.Close, 0, 2, flow: 7, Reason.Close)])
            .Print("custom-columns=state"));

    [Fact]
    public void SrcIsTheClientEvenWhenOnlyTheServerWasSeen()
    {
        string[] both = ["172.17.0.3:35108 23.57.4.240:443"];
        string[] Ends(params TcpEvent[] events) => [.. From(events).Print("custom-columns=from,to")
            .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Equal(both, Ends(Of(Operation.Connect, 0, 1)));
        Assert.Equal(both, Ends(Of(Operation.Accept, 0, 1)));
        Assert.Equal(both, Ends(Of(Operation.Accept, 0, 1, flow: 7), Of(Operation.Connect, 1, 1, flow: 7)));
    }

    /// <summary>A connection that is older than the trace: its called end is who was called before, or has the port of a service.</summary>
    [Theory]
    [InlineData(false, false, "172.17.0.3:35108 23.57.4.240:443?")]
    [InlineData(false, true, "172.17.0.3:35108 23.57.4.240:443?")]
    [InlineData(true, false, "172.17.0.3:35108 23.57.4.240:443")]
    [InlineData(true, true, "172.17.0.3:35108 23.57.4.240:443")]
    public void OlderConnectionsNameTheCalledEndAsDst(bool wasCalledBefore, bool isCalledEndSeen, string expected)
    {
        TcpEvent old = Of(Operation.Existing, 5, 1);
        if (isCalledEndSeen)
            (old.Saddr, old.Sport, old.Daddr, old.Dport) = (old.Daddr, old.Dport, old.Saddr, old.Sport);
        TcpEvent before = Of(Operation.Connect, 0, 1);
        before.Sport--;
        Gathered gathered = From(wasCalledBefore ? [before, old] : [old]);
        string[] cells = gathered.Print("custom-columns=from,to")[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, string.Join(' ', cells));
        string shortRow = gathered.Print("short")[^1];
        Assert.Contains(wasCalledBefore ? "23.57.4.240:443 " : "23.57.4.240:443? ", shortRow, StringComparison.Ordinal);
        Assert.True(shortRow.IndexOf("172.17.0.3", StringComparison.Ordinal) < shortRow.IndexOf("23.57.4.240", StringComparison.Ordinal));
    }

    /// <summary>The input begins in the middle of the connection: nothing but both its ends is there.</summary>
    [Theory]
    [InlineData(900, 1)]
    [InlineData(1_100, 2)]
    public void EndsOfAConnectionThatIsCutAreOneRowIfTheyComeSoon(long apartMs, int rows)
    {
        TcpEvent near = Of(Operation.Close, 0, 5 * Ms, flow: 7, Reason.Close), far = Of(Operation.Close, 1, (5 + apartMs) * Ms, flow: 7);
        (far.Saddr, far.Sport, far.Daddr, far.Dport) = (far.Daddr, far.Dport, far.Saddr, far.Sport);
        Gathered gathered = From([near, far, Of(Operation.Connect, 2, 9_000 * Ms)]);
        Assert.Equal(rows + 1, gathered.Rows.Count);
        Assert.Equal(rows == 1, gathered.Rows[0].Connection.Far is not null);
        Assert.Equal(2, gathered.Rows[0].After);
    }

    [Fact]
    public void OldestConnectionsBeyondTheLimitAreEmittedOpen()
    {
        Gathered gathered = From(Enumerable.Range(0, 10).Select(i => Of(Operation.Connect, 100 - i, 1, comm: $"c{i}")), limit: 4);
        Assert.Equal(6, gathered.LetGo);
        Assert.Equal(["c0", "c1", "c2", "c3", "c4", "c5", "c9", "c8", "c7", "c6"], gathered.Print("custom-columns=comm"));
        Assert.Equal([5, 6, 7, 8, 9, 10], gathered.Rows.Take(6).Select(r => r.After));
    }

    [Fact]
    public void JsonHasBothOwners()
    {
        Gathered gathered = From([
            Of(Operation.Connect, 0, 2 * Ms, flow: 7),
            Of(Operation.Accept, 1, Ms, flow: 7, comm: "nginx", node: "b"),
            Of(Operation.Close, 0, 5 * Ms, flow: 7, Reason.Close),
            Of(Operation.Close, 1, 4 * Ms, flow: 7, Reason.PeerClose, comm: "nginx", node: "b"),
        ]);
        string json = Assert.Single(gathered.Print("json"));
        Assert.StartsWith("""
            {"type":"connection","start":"2025-11-23T14:28:05.123456789Z","end":"2025-11-23T14:28:05.128456789Z",
            "state":"closed","node":"minikube",
            """.ReplaceLineEndings(""), json, StringComparison.Ordinal);
        Assert.Contains(""" "operation":"connect", """.Trim(), json, StringComparison.Ordinal);
        Assert.Contains(""" "latency_ns":2000000,"duration_ns":5000000, """.Trim(), json, StringComparison.Ordinal);
        Assert.Contains(""" "peer":{"node":"b", """.Trim(), json, StringComparison.Ordinal);
        Assert.EndsWith("}}", json, StringComparison.Ordinal);
        Assert.DoesNotContain("\"peer\"", Assert.Single(From([Of(Operation.Connect, 0, 1)]).Print("json")), StringComparison.Ordinal);
    }

    /// <summary>Random events: the rows are those of a plain search through lists. The descriptor of each event is its number.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void RandomTrafficGivesTheRowsOfAPlainSearch(int seed)
    {
        TcpEvent[] events = RandomTraffic.Events((ulong)seed, 3_000);
        for (int i = 0; i < events.Length; i++)
        {
            events[i].Fd = i;
            events[i].Workload = Of(default, 0, 0).Workload;
            events[i].View = TcpTracer.Formats.Workloads.WorkloadView.Empty;
            events[i].Flow = events[i].Flow == 0 ? 0 : events[i].Flow % 500 + 1;
        }
        string[] expected = PlainSearch.Rows(events);
        Assert.Equal(expected, From(events, joinsCutEnds: false).Rows.Select(r =>
            PlainSearch.Describe(r.After, r.Connection.Near.Opening.Fd,
            r.Connection.Near.Latest.Fd, r.Connection.Far?.Opening.Fd, r.Connection.Far?.Latest.Fd)));
        Assert.Contains(expected, r => r.Contains("with", StringComparison.Ordinal));
        Assert.True(expected.Length > 200);
    }
}
