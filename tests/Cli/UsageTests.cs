using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>A command line that cannot be understood ends with 2 and one sentence, before anything is recorded or written.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("shwo", "'shwo' is not known here; did you mean 'show'?")]
    [InlineData("failed x.tct", "'failed' is not known here; `tcptracer show FILE --failed` does that")]
    [InlineData("x.tct", "'x.tct' is no command; `tcptracer show x.tct` prints a trace, `tcptracer summary x.tct` adds it up")]
    [InlineData("show x.tct --errors", "'--errors' is not known here; `--failed` does that")]
    [InlineData("summary x.tct --group-by comm", "'--group-by' is not known here; `--by` does that")]
    [InlineData("summary x.tct --by process", "field 'process' is not known; did you mean 'comm'?")]
    [InlineData("--prot 443", "'--prot' is not known here; did you mean '--port'?")]
    [InlineData("show x.tct --filds pid", "'--filds' is not known here; did you mean '--fields'?")]
    [InlineData("-o jsn", "output format 'jsn' is not known; did you mean 'json'?")]
    [InlineData("-o custom-columns=pid,com", "field 'com' is not known; did you mean 'comm'?")]
    [InlineData("--fields +dprt", "field 'dprt' is not known; did you mean 'dport'?")]
    [InlineData("--op conect", "operation 'conect' is not known; did you mean 'connect'?")]
    [InlineData("-F dprt==1", "--filter: 'dprt' at character 1 is not a field; did you mean 'dport'?")]
    [InlineData("-F dport=1", "--filter: at character 6 an operator is expected, not '='; did you mean '=='?")]
    [InlineData("--pid x", "--pid 'x': a number from 0 to 4294967295 is expected")]
    [InlineData("--pid ,", "--pid: a list is expected")]
    [InlineData("--port 70000", "--port '70000': a number from 0 to 65535 is expected, or a range")]
    [InlineData("--addr 10.0.0/8", "--addr '10.0.0/8': an address or a CIDR block such as 10.0.0.0/8 is expected")]
    [InlineData("--netns nosuch", "--netns 'nosuch': neither a number nor a network namespace at /run/netns/nosuch")]
    [InlineData("--netns /etc/passwd", "--netns '/etc/passwd': /etc/passwd is not a network namespace; `ip netns` lists names")]
    [InlineData("--netns !/proc/self/ns/uts", "--netns '/proc/self/ns/uts': /proc/self/ns/uts is not a network namespace; ")]
    [InlineData("record -o x.tct --netns /dev/null",
        "--netns '/dev/null': /dev/null is not a network namespace (it is a device or a socket, not a file); ")]
    [InlineData("--duration soon", "--duration 'soon': a time such as 30s, 5m or 1h is expected")]
    [InlineData("record -o x.tct --ring 1500",
        "--ring '1500': a time such as 10m (minutes) or a size such as 64M (megabytes) is expected, with its unit")]
    [InlineData("record -o x.tct --ring 4k", "--ring '4k': at least 64K are expected")]
    [InlineData("record -o x.tct --max-connections 1e9", "--max-connections: a number from 1 to 4194304 is expected, not 1000000000")]
    [InlineData("record -o x.tct --ops x -- true", "'--ops' is not known here; did you mean '--op'?")]
    [InlineData("record -o x.tct --ring 1m --force", "--force has no effect with --ring")]
    [InlineData("recover --bogus x.tct -o y.tct", "'--bogus' is not known here")]
    [InlineData("show x.tct -o custom-columns=t --fields sport", "-o custom-columns=t and --fields sport both say which columns")]
    [InlineData("show x.tct -F addr==127.0.0.0/8", "for a block: cidr(saddr, 127.0.0.0/8), or cidr(addr, 127.0.0.0/8) for either end")]
    [InlineData("--count 0", "--count '0': a number from 1 to 2147483647 is expected")]
    [InlineData("--buffer-size 3M", "--buffer-size: a power of two")]
    [InlineData("record", "-o FILE is missing: name the trace to write, as in tcptracer record -o trace.tct "
        + "(`tcptracer record --help` lists the options)")]
    [InlineData("record -o x.tct -O json", "--format says how to print, but --print is not given")]
    [InlineData("record -o x.tct --prnt", "'--prnt' is not known here; did you mean '--print'?")]
    [InlineData("record -o x.tct curl -s x", "the command comes after --, as in: tcptracer record -o trace.tct -- curl -s x")]
    [InlineData("record -o x.tct --", "after -- a command is expected")]
    [InlineData("record -o - --print", "-o - and --print would both write to standard output")]
    [InlineData("show", "FILE is missing: name a trace, as in tcptracer show trace.tct (`tcptracer show --help`")]
    [InlineData("recover x.tct", "-o FILE is missing: name the trace to write, as in tcptracer recover trace.tct -o saved.tct")]
    [InlineData("export x.tct -o x.csv", "--to FORMAT is missing: one of csv, jsonl, parquet, pcapng, perfetto")]
    [InlineData("completion", "SHELL is missing: name one of bash, zsh, fish, pwsh")]
    [InlineData("show x.tct --port", "--port wants a value: --port PORTS")]
    [InlineData("help recrod", "help page 'recrod' is not known; did you mean 'record'?")]
    [InlineData("-A -n shop", "-A is all namespaces, -n some of them: choose one")]
    [InlineData("--comm curl show x.tct", "--comm stands before 'show', where it has no effect")]
    [InlineData("--since 5m", "'--since' is not known here; `tcptracer show`, `tcptracer summary`, `tcptracer top`, ")]
    [InlineData("info --outptu x", "'--outptu' is not known here; did you mean '--output'?")]
    [InlineData("verify --fields pid x", "'--fields' is not known here; ")]
    [InlineData("summary --keep 3 x", "'--keep' is not known here; `tcptracer record`, `tcptracer agent` and `tcptracer redact` have it")]
    [InlineData("info -o jsn x", "--output 'jsn' is not known; did you mean 'json'?")]
    [InlineData("show x.tct --with-status", "--with-status has no effect")]
    [InlineData("show x.tct -o json --no-headers", "--no-headers has no effect: json has no header line")]
    [InlineData("show x.tct --sort comm -f", "--sort needs all rows before it shows the first")]
    [InlineData("show x.tct --sort comm -o short --time delta", "--time delta is the time since the row before")]
    [InlineData("show x.tct --sort comm --last 3", "--last counts from the end of the files")]
    [InlineData("show x.tct --sort=-", "--sort: by which field?")]
    [InlineData("show x.tct --sort commm", "field 'commm' is not known; did you mean 'comm'?")]
    [InlineData("show x.tct --sort start", "'start' is a field of connections, not of events: add --connections")]
    [InlineData("summary x.tct --by state", "'state' is a field of connections, not of events: add --connections")]
    [InlineData("show x.tct --connections -F state!=closed", "'state' at character 1 is a field of the rows of --connections, "
        + "and a filter selects events: order the rows with show --sort state, group them with summary --by state, or filter them with jq")]
    [InlineData("show x.tct -F sent>5", "'sent' at character 1 is not a field; did you mean 'sent_bytes'?")]
    [InlineData("summary x.tct --connections", "--connections has no effect without --by FIELDS or --every TIME: "
        + "the page counts connections anyway")]
    [InlineData("summary x.tct --connections --explain state", "--connections has no effect with --explain")]
    [InlineData("summary x.tct --connections --by timestamp", "field 'timestamp' is not known")]
    [InlineData("summary x.tct --connections --by state --sort events", "column 'events' is not known")]
    [InlineData("summary x.tct --connections --by sent -o json", "--by sent_bytes has the key sent_bytes, and so has what is added up")]
    [InlineData("summary x.tct --by retransmits -o csv", "--by retransmits has the key retransmits, and so has what is added up")]
    [InlineData("export x.tct --to pcapng --connections", "--connections has no effect: pcapng draws connections anyway")]
    [InlineData("export x.tct --to perfetto --connections", "--connections has no effect: perfetto draws connections anyway")]
    [InlineData("export x.tct --to parquet --connections --partition start -o y", "--partition start: folders are made of date, hour")]
    [InlineData("--sort comm", "'--sort' is not known here; `tcptracer show` and `tcptracer summary` have it")]
    [InlineData("show x.tct -o short --connections --fields pid", "--fields has no effect: short has no columns")]
    [InlineData("show x.tct -o short --fields pid", "--fields has no effect: short has no columns")]
    [InlineData("show x.tct --connections --fields timestamp", "field 'timestamp' is not known")]
    [InlineData("show x.tct --color always", "--color has no effect with columns")]
    [InlineData("show x.tct -o short --color blue", "--color 'blue' is not known")]
    [InlineData("show x.tct -o short --time loacl", "--time 'loacl' is not known; did you mean 'local'?")]
    [InlineData("record -o x.tct --connections", "'--connections' is not known here")]
    [InlineData("show x.tct --time local", "--time has no effect with columns")]
    [InlineData("show x.tct --since 2026-01-02T00:00:00Z --until 2026-01-01T00:00:00Z",
        "--since 2026-01-02T00:00:00Z is after --until 2026-01-01T00:00:00Z")]
    [InlineData("summary x.tct --by ,", "--by: which fields?")]
    [InlineData("summary x.tct --by comm,comm", "names comm twice")]
    [InlineData("--comm !", "--comm '!': behind ! a name is expected")]
    [InlineData("--uid rot", "--uid 'rot': neither a number nor a user of this machine; did you mean 'root'?")]
    [InlineData("--failed --op connect", "--op 'connect' and --failed leave no operation to show")]
    [InlineData("--no-kubernetes --context a", "--context says whom to ask for names, --no-kubernetes to ask nobody")]
    [InlineData("record -o x.tct --pid 1 -- true", "--pid and -- COMMAND are two answers")]
    [InlineData("record -o x.tct --existing", "--existing has no effect")]
    [InlineData("record -o x.tct --ring 5m --dump-on err", "--dump-on: 'err' at character 1 is not a field; did you mean 'error'?")]
    [InlineData("completion zhs", "shell 'zhs' is not known; did you mean 'zsh'?")]
    public void UsageErrorGivesOneSentenceAndExitCode2(string arguments, string expected)
    {
        RunResult run = TcptracerProgram.Run(arguments.Split(' '));
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains(expected, run.Errors);
        Assert.StartsWith("tcptracer: ", Assert.Single(run.ErrorLines));
        Assert.False(File.Exists("x.tct"));
    }

    /// <summary>Only near names are suggested.</summary>
    [Theory]
    [InlineData("show x.tct --wibble bytes", "'--wibble' is not known here (")]
    [InlineData("-F nonsense==1", "'nonsense' at character 1 is not a field (")]
    [InlineData("--fields +colour", "field 'colour' is not known (")]
    [InlineData("shutdown", "'shutdown' is not known here (")]
    public void NothingIsSuggestedForANameUnlikeAnyKnownOne(string arguments, string expected)
    {
        RunResult run = TcptracerProgram.Run(arguments.Split(' '));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Errors);
        Assert.DoesNotContain("did you mean", run.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("record")]
    [InlineData("show")]
    [InlineData("fields")]
    [InlineData("completion")]
    [InlineData("summary")]
    [InlineData("info")]
    [InlineData("verify")]
    [InlineData("recover")]
    [InlineData("doctor")]
    [InlineData("help")]
    public void HelpHasExamples(string command)
    {
        RunResult run = TcptracerProgram.Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Errors);
        Assert.Contains("Usage:", run.Output);
        Assert.Contains("Examples:\n", run.Output);
        Assert.Contains(command, run.Output);
    }

    [Fact]
    public void VersionSaysWhatTheProgramIsMadeOf() => Assert.Matches("""
        ^tcptracer \d+\.\d+\.\d+\S*
        commit: ([0-9a-f]{40}( with changes)?|not known to a debug build|not known, because it was not built in a clone)
        trace format: 1\.1
        libbpf: \d+\.\d+
        \.NET: 10\.\d+\.\d+
        architecture: (x86-64|arm64)
        $
        """.ReplaceLineEndings("\n"), TcptracerProgram.Run("--version").Output);

    [Fact]
    public void FieldsCommandListsEveryField()
    {
        RunResult run = TcptracerProgram.Run("fields");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["FIELD", "COLUMN", "JSON", "KEY", "UNIT", "MEANING"], run.Lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        string[] own = [.. TcpTracer.Formats.Text.ConnectionFields.OfConnections.All.Where(f =>
            !TcpTracer.Cli.Commands.FieldsCommand.IsOfEvents(f)).Select(f => f.Name)];
        Assert.Contains("start", own);
        Assert.DoesNotContain("pid", own);
        Assert.Equal([.. TcpTracer.Formats.Text.Fields.All.Select(f => f.Name), "With", .. own],
            run.Lines.Skip(1).Where(l => l.Length > 0).Select(l => l.Split(' ')[0]));
    }

    [Theory]
    [InlineData("show --p", "--podname --pid --port")]
    [InlineData("re", "record recover redact report")]
    [InlineData("show x.tct --op con", "connect connect-failed")]
    [InlineData("completion z", "zsh")]
    [InlineData("he", "help")]
    [InlineData("help re", "record recover redact report")]
    [InlineData("help sel", "selection")]
    [InlineData("show x.tct --op connect,clo", "connect,close")]
    [InlineData("show --enrich h", "hindsight")]
    public void BashCompletesEveryCommandAndOption(string typed, string expected)
    {
        RunResult run = Shell.Run("""
            source <(tcptracer completion bash)
            COMP_LINE="$TCPTRACER $1" COMP_WORDS=("$TCPTRACER" $1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_POINT=${#COMP_LINE}
            _tcptracer
            echo "${COMPREPLY[@]}"
            """, typed);
        Assert.Equal(expected, run.Output.Trim());
    }

    [Fact]
    public void EveryShellHasACompletionScript()
    {
        foreach (string shell in new[] { "bash", "zsh", "fish", "pwsh" })
            Assert.Contains("tcptracer", TcptracerProgram.Run("completion", shell).Output);
    }

    [Fact]
    public void StackTraceIsPrintedOnlyOnRequest()
    {
        Assert.DoesNotContain("   at ", TcptracerProgram.Run("--pid", "x").Errors);
        Assert.Contains("   at ", TcptracerProgram.Run("--pid", "x", "--verbose").Errors);
    }
}
