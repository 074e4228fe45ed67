using System.CommandLine;
using System.Globalization;
using System.Text;
using TcpTracer.Cli.Commands;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// Words from outside, wherever they come in and wherever they are printed: a terminal obeys none of their bytes, they do not turn the
/// direction of writing, and all of them are visible. Each command and each option is tried, so a new one is tried, too.
/// </summary>
public sealed class EscapedOutputTests : IDisposable
{
    /// <summary>
    /// Colours, a title, C1 and DEL, line ends, turned text, characters without width, an invisible letter and selector, line separators.
    /// </summary>
    private const string Word =
        "h0stile\u001b[31m\u001b]0;x\u0007\u009b2J\u007f\r\n\t\b\u202e\u2066\u200b\u200d\ufeff\u2028\u00ad\u061c\u3164\ufe0f\U000e0041";

    /// <summary>The same word as bash takes it, and bytes that are not UTF-8.</summary>
    private static readonly string s_typed = $"$'{string.Concat(Encoding.UTF8.GetBytes(Word).Select(Escaped))}\\xff\\x9b'";

    private static string Escaped(byte b) => string.Create(CultureInfo.InvariantCulture, $"\\x{b:x2}");

    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        Shell.Run("find $1 -mindepth 1 -delete", _folder.Path); // .NET cannot delete files whose names are not UTF-8
        _folder.Dispose();
    }

    private static void CheckClean(string printed)
    {
        foreach (string line in printed.Split('\n'))
        {
            string seen = JsonEncodedLine(line);
            Assert.False(line.EnumerateRunes().Any(InvisibleCharacters.Contains), $"not clean: {seen}");
            Assert.False(line.Contains(@"\x5c", StringComparison.Ordinal), $"cleaned twice: {seen}");
        }
    }

    private static string JsonEncodedLine(string line) => System.Text.Json.JsonEncodedText.Encode(line).ToString();

    private string Run(string script)
    {
        RunResult run = Shell.Run($"h={s_typed}; cd $1; exec 2>&1; {script}", _folder.Path);
        Assert.DoesNotContain("internal error", run.Output);
        Assert.True(System.Text.Unicode.Utf8.IsValid(run.OutputBytes), "not UTF-8: " + JsonEncodedLine(run.Output));
        CheckClean(run.Output);
        return run.Output;
    }

    private void WriteTrace(string name) => File.WriteAllBytes(_folder.File(name), SampleEvents.Trace(null, true, SampleEvents.Seed));

    private static IEnumerable<Command> Commands => TcpTracerCommand.Create() is var root ? root.Subcommands.Prepend(root) : [];

    public static TheoryData<string> CommandNames => [.. Commands.Select(c => c is RootCommand ? "" : c.Name)];

    /// <summary>Other arguments that a command needs to get as far as it can.</summary>
    private static string[] Usual(string command) => command switch
    {
        "" => ["--duration 10ms"],
        "record" => ["--duration 10ms", "--output r.tct", "--force"],
        "recover" or "filter" or "merge" or "redact" => ["--output n.tct", "--force", "a.tct"],
        "export" => ["--to csv", "--output n.csv", "--force", "a.tct"],
        "show" or "info" or "verify" or "summary" => ["a.tct"],
        _ => [],
    };

    [Theory]
    [MemberData(nameof(CommandNames))]
    public void ValuesOfAllOptionsArePrintedClean(string name)
    {
        WriteTrace("a.tct");
        Command command = Commands.First(c => c is RootCommand ? name.Length == 0 : c.Name == name);
        string[] options =
            [.. command.Options.Where(o => o.Arity.MaximumNumberOfValues > 0 && o.ValueType != typeof(bool)).Select(o => o.Name)];
        foreach (string option in options)
            Run($"tcptracer {name} {string.Join(' ', Usual(name).Where(u => u.Split(' ')[0] != option))} {option} \"$h\" </dev/null; true");
        Assert.Contains("h0stile", Run($"tcptracer {name} {string.Join(' ', Usual(name))} \"--$h\"; "
            + $"tcptracer {name} --verbose \"--$h=1\"; tcptracer {name} \"$h\" \"$h\" -- \"$h\""));
    }

    [Fact]
    public void WordsOfFiltersArePrintedClean()
    {
        WriteTrace("a.tct");
        string all = Run("""
            for f in "$h" "$h == 1" "dport $h 1" "dport == $h" "dport == '$h'" "saddr == $h" "cidr($h, 10.0.0.0/8)" "cidr(saddr, $h)" \
                "comm =~ '[$h'" "comm in ($h" "timestamp > $h" "latency_ns > $h" "t == $h" "not $h" "comm == '$h'" "error == $h"; do
                tcptracer show a.tct -F "$f"; tcptracer show a.tct -n "$h" -F "$f"
            done
            for o in pid,$h +$h custom-columns=$h $h; do
                tcptracer show a.tct --fields "$o"; tcptracer show a.tct -o "$o"; tcptracer summary a.tct --by "$o"
            done
            """);
        Assert.True(all.Split("h0stile").Length > 30, all);
    }

    /// <summary>Every message about a file, whatever is wrong with it.</summary>
    [Theory]
    [InlineData("missing")]
    [InlineData("directory")]
    [InlineData("cut")]
    [InlineData("damaged")]
    [InlineData("noise")]
    [InlineData("packed")]
    [InlineData("empty")]
    [InlineData("gz")]
    [InlineData("loop")]
    [InlineData("cut/below")]
    [InlineData("-\"$h\"")]
    public void NamesOfFaultyTracesArePrintedClean(string file)
    {
        byte[] trace = TraceBytes.Write(RandomTraffic.Events(1, 3_000), 200), damaged = [.. trace];
        File.WriteAllBytes(_folder.File("cut"), trace[..(trace.Length / 2)]);
        damaged.AsSpan(damaged.Length / 2, 400).Clear();
        File.WriteAllBytes(_folder.File("damaged"), damaged);
        string all = Run($$"""
            mkdir "$h" "$h/directory"; : >empty; gzip -c cut | head -c 3000 >gz
            head -c 4000 /dev/urandom >noise; printf '\xfd7zXZ\0...................' >packed
            for k in cut damaged noise packed empty gz; do cp $k "$h/$k"; done
            ln -s loop "$h/loop"; printf 'x' >"$h/-$h"; cd "$h"; f={{file}}
            for c in "show -o custom-columns=pid" "show --last 3" "show --enrich hindsight" info verify summary \
                "recover --force -o new" "recover -o directory" "recover -o none/x"; do
                tcptracer $c "$PWD/$f" </dev/null; tcptracer $c -- "$f" </dev/null
            done
            tcptracer recover "$PWD/$f" -o "$PWD/$f" --force; tcptracer info "$f" "$PWD/$f" "$f"
            tcptracer show --enrich hindsight <(cat "$f" 2>/dev/null)
            """);
        const int commands = 8;
        Assert.InRange(all.Split('\n').Count(l => l.Contains("h0stile", StringComparison.Ordinal)), commands, int.MaxValue);
    }

    /// <summary>Options that name files to write or to read.</summary>
    [Theory]
    [InlineData("directory")]
    [InlineData("x")]
    [InlineData("x/y")]
    [InlineData("none/x")]
    [InlineData("fifo")]
    public void NamesOfOtherFaultyFilesArePrintedClean(string file)
    {
        string all = Run($$"""
            mkdir "$h" "$h/directory"; printf 'x' >"$h/x"; mkfifo "$h/fifo"; cd "$h"; f=$PWD/{{file}}
            tcptracer record --duration 10ms -o "$f" --ring 1M
            tcptracer record --duration 10ms -o "$f" --rotate-size 1M; tcptracer --kubeconfig "$f" --duration 10ms
            tcptracer --netns "$f"
            tcptracer record -o x.tct -- "$f"; tcptracer record -o x.tct -- true "$f"
            TZ="$f" $TCPTRACER show x --time local --since 12:00; tcptracer record -o y.tct "$f"
            [ -p "$f" ] || { tcptracer record --duration 10ms -o "$f"; tcptracer record --duration 10ms -o "$f"; }
            """);
        const int few = 5;
        Assert.InRange(all.Split('\n').Count(l => l.Contains("h0stile", StringComparison.Ordinal)), few, int.MaxValue);
    }

    /// <summary>A hostile file can have any text in any place.</summary>
    [Fact]
    public void TextsOfTracesArePrintedClean()
    {
        File.WriteAllBytes(_folder.File("h.tct"), HostileTrace());
        string fields = string.Join(',', Fields.All.Select(f => f.Name)),
            keys = string.Join(',', Fields.All.GroupBy(f => f.JsonKey).Select(g => g.First().Name));
        foreach (string command in new[] { "info", "info -o json", "verify", "recover -o r.tct", "show -o wide",
            $"show -o custom-columns={fields}", "show", $"show -o csv --fields {fields}", $"show -o json --fields {keys}",
            $"show -o jsonpretty --fields {keys}", $"show -o yaml --fields {keys}", $"summary --by {keys}", $"summary -o json --by {keys}",
                "show -n none --comm x", "show -F 'src == pod/x/y'" })
        {
            string printed = Shell.Run($"cd $1; exec 2>&1; tcptracer {command} h.tct", _folder.Path).Output;
            Each.Of(printed.Split('\n'),
                l => Assert.False(l.EnumerateRunes().Any(r => InvisibleCharacters.Contains(r)), $"{command}: {JsonEncodedLine(l)}"));
            Assert.True(printed.Contains("h0stile", StringComparison.Ordinal) || command.Length < 17 || command.Contains("none")
                || command.Contains("src"), $"{command}: {printed}");
        }
    }

    private static byte[] HostileTrace()
    {
        SafeText word = new([.. Encoding.UTF8.GetBytes(Word), 0xff, 0x9b]);
        string container = new('a', 64);
        TcpEvent e = SampleEvents.Make(Operation.Accept, word.Raw);
        e.Process = e.Process with { Exe = word, Args = word, ParentComm = word, Cgroup = 77 };
        var header = TraceBytes.Header with
        {
            Tool = Word,
            Node = Word,
            Kernel = Word,
            Machine = Word,
            BootId = Word,
            CommandLine = [Word, Word],
            Hooks = [Word],
            Refused = [Word],
            Sources = [Word]
        };
        var change = new WorkloadChange(TraceBytes.Clock.BootNs)
        {
            Pods = [new PodInfo("uid-1", Word, Word) { Node = Word, Owner = Word, Labels = PodInfo.NoLabels.Add(Word, Word),
                Claims = [new AddressClaim(e.Daddr, 0)] }],
            Containers = [new ContainerInfo(container, "uid-1", Word, Word)],
            Cgroups = [new CgroupInfo(CgroupHierarchy.Unified, 77, $"/kubepods/poduid-1/{container}")],
            Services = [new ServiceInfo("s-1", Word, Word, [new AddressClaim(e.Daddr, 0)])],
            Nodes = [new NodeInfo(Word, [new AddressClaim(e.Saddr, 0)])],
        };
        var to = new MemoryStream();
        WorkloadView view = new WorkloadView(new SafeText(Word)).With(change);
        var writer = new TraceWriter(to, header, TimeSpan.Zero, view, MetadataScope.Cluster);
        e.NameBy(view);
        writer.OnEvent(in e);
        writer.OnPause();
        writer.Finish(new TraceEnd(Word, 1, 1, 0));
        return [.. to.ToArray(), .. Encoding.UTF8.GetBytes(Word)];
    }

    /// <summary>Messages about a kubeconfig quote its names.</summary>
    [Fact]
    public void NamesOfKubeconfigsArePrintedClean()
    {
        string quoted = System.Text.Json.JsonSerializer.Serialize(Word);
        File.WriteAllText(_folder.File("config"), $"""
            apiVersion: v1
            kind: Config
            current-context: {quoted}
            contexts:
            - name: {quoted}
              context: {"{"}cluster: {quoted}, user: {quoted}, namespace: {quoted}{"}"}
            clusters:
            - name: {quoted}
              cluster: {"{"}server: "http://127.0.0.1:1/{quoted[1..]}{"}"}
            users:
            - name: {quoted}
              user: {"{"}token: {quoted}{"}"}
            """);
        string all = Run("""
            tcptracer --kubeconfig config --duration 10ms; tcptracer --kubeconfig config --context "$h" --duration 10ms
            tcptracer --kubeconfig config --context none --duration 10ms; tcptracer doctor --kubeconfig config
            tcptracer doctor -o json --kubeconfig config
            sed -i 's/token:/tokenFile:/; s/server: "http/server: "ftp/' config
            tcptracer --kubeconfig config --duration 10ms; tcptracer doctor --kubeconfig config
            printf '%s' "$h" >config; tcptracer --kubeconfig config --duration 10ms
            tcptracer doctor --runtime-endpoint "unix:///$h" --no-kubernetes; TCPTRACER_REFUSE="$h" $TCPTRACER doctor
            TZ="$h" $TCPTRACER show x --time local --since 12:00
            """);
        Assert.Contains("h0stile", all);
    }
}
