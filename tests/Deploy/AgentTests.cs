using System.Text.Json;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Deploy;

/// <summary>
/// <c>tcptracer agent</c>: one recorder, and readers that follow its files. Everything runs in a network namespace of its own, in which
/// nothing listens: each connection is refused, and is one event.
/// </summary>
public sealed class AgentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Runs a script beside an agent whose files are <c>$1/ring-*.tct</c>. <c>$1/agent</c> has what the agent said.</summary>
    private RunResult BesideAnAgent(string script, string options = "")
    {
        File.WriteAllText(_folder.File("script"), $$"""
            ip link set lo up
            connect() { for port; do (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null; done; true; }
            # Waits until a file has a text
            await() { for i in $(seq 200); do grep -qs "$2" "$1" && return; sleep 0.05; done; echo "$1 never had '$2'"; cat "$1"; }
            export TCPTRACER_AGENT=$1/socket
            $TCPTRACER agent -o $1/ring.tct --no-kubernetes --netns /proc/self/ns/net {{options}} 2>$1/agent & agent=$!
            await $1/agent 'recording to'
            {{script}}
            kill -TERM $agent; wait $agent; echo "agent $?"
            """);
        return Shell.Run("unshare -n bash $1/script $1", _folder.Path);
    }

    private string[] Shown(params string[] options) =>
        TcptracerProgram.Run(["show", .. Directory.GetFiles(_folder.Path, "ring-*.tct").Order(StringComparer.Ordinal), .. options]).Lines;

    [KernelFact]
    public void LiveOutputReadsAlongWithASelectionOfItsOwn()
    {
        RunResult run = BesideAnAgent("""
            connect 11 12
            $TCPTRACER -A -o json >$1/all 2>$1/said & all=$!
            $TCPTRACER -A -o json --port 21 >$1/some 2>$1/other & some=$!
            await $1/said 'as the agent records'; await $1/other 'as the agent records'
            connect 21 22
            await $1/all '"dport":22'; await $1/some '"dport":21'
            kill -INT $all $some; wait $all; echo $?; wait $some; echo $?
            """);
        Assert.Equal(["0", "0", "agent 0"], run.Lines);
        Assert.Equal(Shown("-o", "json", "--port", "21,22"), File.ReadAllLines(_folder.File("all")));
        Assert.Equal(Shown("-o", "json", "--port", "21"), File.ReadAllLines(_folder.File("some")));
        Assert.Equal(2, File.ReadAllLines(_folder.File("all")).Length);
        Assert.Equal(["2 events shown", "0 events lost"], File.ReadAllLines(_folder.File("said"))[1..]);
    }

    [KernelFact]
    public void LiveOutputEndsAtItsCountItsTimeAndWithTheAgent()
    {
        RunResult run = BesideAnAgent("""
            $TCPTRACER -A --no-headers --count 2 2>/dev/null >$1/counted & counted=$!
            $TCPTRACER -A --duration 100ms 2>$1/timed >/dev/null; echo $?
            $TCPTRACER -A --connections 2>$1/until >$1/rows & until=$!
            await $1/until 'as the agent records'; sleep 0.5
            connect 31 32 33
            wait $counted; echo $?; wc -l <$1/counted
            await $1/rows 33
            kill -TERM $agent; wait $agent; echo $?; wait $until; echo $?
            """);
        Assert.Equal(["0", "0", "2", "0", "1"], run.Lines[..5]);
        Assert.Equal(["0 events shown", "0 events lost"], File.ReadAllLines(_folder.File("timed"))[1..]);
        Assert.Contains("3 connections shown", File.ReadAllLines(_folder.File("until")));
        Assert.Contains("tcptracer: the agent has ended: what happened after that is not here", File.ReadAllLines(_folder.File("until")));
    }

    [KernelFact]
    public void StreamIsATraceOfTheWindow()
    {
        RunResult run = BesideAnAgent("""
            connect 41 42
            sleep 1.2; begin=$(date -u +%FT%T.%NZ)
            connect 43 44
            sleep 1.2
            $TCPTRACER agent stream >$1/whole.tct; echo $?
            $TCPTRACER agent stream --since $begin --port 44 >$1/part.tct; echo $?
            (sleep 2; connect 45; sleep 1) | $TCPTRACER agent stream --follow >$1/coming.tct; echo $?
            """);
        Assert.Equal(["0", "0", "0", "agent 0"], run.Lines);
        string[] ShownOf(string name) => TcptracerProgram.Run("show", "-o", "json", _folder.File(name)).Lines;
        Assert.Equal(Shown("-o", "json", "--port", "41-44"), ShownOf("whole.tct"));
        Assert.Equal(Shown("-o", "json", "--port", "44"), ShownOf("part.tct"));
        Assert.Equal(Shown("-o", "json", "--port", "45"), ShownOf("coming.tct"));
        Assert.Single(ShownOf("coming.tct"));
    }

    /// <summary>
    /// A reader that stands still while files are rotated away counts what it has missed, to the event. Others miss nothing.
    /// </summary>
    [KernelFact]
    public void SlowReaderCountsWhatItHasMissed()
    {
        RunResult run = BesideAnAgent("""
            $TCPTRACER -A -o json --with-status >$1/slow 2>$1/said & slow=$!
            $TCPTRACER -A -o json >$1/quick 2>$1/other & quick=$!
            await $1/said 'as the agent records'; await $1/other 'as the agent records'
            connect 51; await $1/slow '"dport":51'; await $1/quick '"dport":51'
            kill -STOP $slow
            for round in $(seq 30); do connect $(seq 1000 1040); sleep 0.05; done
            kill -CONT $slow
            connect 52; await $1/slow '"dport":52'; await $1/quick '"dport":52'
            kill -INT $slow $quick; wait $slow $quick
            """, "--rotate-size 8K --keep 2");
        Assert.Equal(["agent 0"], run.Lines);
        const int made = 2 + (30 * 41);
        Assert.Equal(made, File.ReadAllLines(_folder.File("quick")).Length);
        string[] lines = File.ReadAllLines(_folder.File("slow"));
        JsonElement[] losses = [.. lines.Select(l => JsonDocument.Parse(l).RootElement)
            .Where(l => l.GetProperty("type").GetString() == "lost")];
        long missed = losses.Sum(l => l.GetProperty("count").GetInt64());
        Each.Of(losses, l => Assert.Equal("deleted", l.GetProperty("source").GetString()));
        Assert.Equal(made, lines.Length - losses.Length + missed);
        Assert.Contains(File.ReadAllLines(_folder.File("said")), l => l.StartsWith($"{missed} events lost", StringComparison.Ordinal));
        Assert.Contains("0 events lost", File.ReadAllLines(_folder.File("other")));
    }

    [KernelFact]
    public void RecordCopiesWhatTheAgentRecords()
    {
        RunResult run = BesideAnAgent("""
            $TCPTRACER record -o $1/copy.tct 2>$1/said & copy=$!
            await $1/said 'recording to'
            connect 61 62
            for i in $(seq 100); do $TCPTRACER show $1/copy.tct 2>/dev/null | grep -q ' 62 ' && break; sleep 0.05; done
            kill -INT $copy; wait $copy; echo $?
            $TCPTRACER show $1/copy.tct -o json >$1/shown; echo $?
            $TCPTRACER record -o $1/other.tct -- true; echo $?
            $TCPTRACER --buffer-size 4M; echo $?
            TCPTRACER_AGENT= $TCPTRACER record -o $1/own.tct --no-kubernetes -- true 2>/dev/null; echo $?
            """);
        Assert.Equal(["0", "0", "2", "2", "0", "agent 0"], run.Lines);
        Assert.Equal(Shown("-o", "json", "--port", "61,62"), File.ReadAllLines(_folder.File("shown")));
        Assert.Equal(2, run.ErrorLines.Length);
        Assert.StartsWith("tcptracer: -- COMMAND needs a recorder of its own, and here the agent records", run.ErrorLines[0],
            StringComparison.Ordinal);
        Assert.StartsWith("tcptracer: --buffer-size is for who records, and here the agent does", run.ErrorLines[1],
            StringComparison.Ordinal);
    }

    [KernelFact]
    public void SocketOfAnAgentThatIsGoneIsNamed()
    {
        RunResult run = BesideAnAgent("""
            kill -KILL $agent; wait $agent 2>/dev/null
            $TCPTRACER record -o $1/own.tct --no-kubernetes -- true 2>$1/said; echo $?; head -n 1 $1/said
            TCPTRACER_AGENT=$1/nowhere $TCPTRACER record -o $1/other.tct --no-kubernetes -- true 2>$1/said; echo $?; grep -c agent $1/said
            """);
        Assert.Equal(["0", $"tcptracer: no agent listens any more at {_folder.File("socket")}, which TCPTRACER_AGENT names: "
            + "its files stay, and probes are loaded here", "0", "0"], run.Lines[..4]);
    }

    [KernelFact]
    public void DoctorTellsOfTheAgentAndLoadsNoProbes()
    {
        RunResult run = BesideAnAgent("""
            connect 71 72; sleep 1.5
            stat -c %a $1/socket
            $TCPTRACER doctor --no-kubernetes
            $TCPTRACER doctor --no-kubernetes -o json >$1/json
            $TCPTRACER agent -o $1/second.tct --no-kubernetes 2>$1/second; echo $?
            """);
        Assert.Equal("600", run.Lines[0]);
        Assert.Equal(["1", "agent 0"], run.Lines[^2..]);
        Assert.DoesNotContain(run.Lines, l => l.Contains("loaded and attached", StringComparison.Ordinal));
        Assert.Single(run.Lines, l => l.StartsWith("ok       agent: records since ", StringComparison.Ordinal)
            && l.EndsWith("2 events so far, lost: nothing; 0 readers besides this one", StringComparison.Ordinal));
        JsonElement agent = JsonDocument.Parse(File.ReadAllText(_folder.File("json"))).RootElement.GetProperty("agent");
        Assert.Equal((2, _folder.File("ring.tct")), (agent.GetProperty("captured").GetInt32(), agent.GetProperty("set").GetString()));
        Assert.Equal($"tcptracer: an agent listens at {_folder.File("socket")} already: read what it records with `tcptracer`, "
            + "or choose another --socket", Assert.Single(File.ReadAllLines(_folder.File("second"))));
        Assert.False(File.Exists(_folder.File("socket")));
    }

    /// <summary>A socket that a killed agent left behind is replaced; with no agent there, live output records for itself.</summary>
    [KernelFact]
    public void KilledAgentIsInNobodysWay()
    {
        RunResult run = BesideAnAgent("""
            kill -KILL $agent; wait $agent 2>/dev/null
            test -S $1/socket; echo $?
            $TCPTRACER --duration 1ms --no-kubernetes 2>&1 | grep -c 'as the agent records'
            $TCPTRACER agent stream >$1/none; echo $?
            $TCPTRACER agent -o $1/again.tct --no-kubernetes --duration 1ms 2>/dev/null; echo $?
            """);
        Assert.Equal(["0", "0", "1", "0"], run.Lines[..4]);
        Assert.Equal($"tcptracer: no agent listens at {_folder.File("socket")}: start one with `tcptracer agent`, or name its socket "
            + "with --socket", Assert.Single(run.ErrorLines, l => l.StartsWith("tcptracer", StringComparison.Ordinal)));
    }

    /// <summary>Whoever gives the name of another file by mistake does not lose it.</summary>
    [RecordingFact]
    public void FileThatIsNoSocketStaysAsItIs()
    {
        RunResult run = Shell.Run("""
            echo precious >$1/file; ln -s $1/file $1/link
            for place in file link; do $TCPTRACER agent -o $1/ring.tct --no-kubernetes --socket $1/$place; echo $?; done
            cat $1/file $1/link
            """, _folder.Path);
        Assert.Equal(["1", "1", "precious", "precious"], run.Lines);
        Assert.Equal(2, run.ErrorLines.Length);
        Each.Of(run.ErrorLines, l => Assert.EndsWith(" is there already and is no socket: name another place with --socket", l,
            StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}
