using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>Each test types a line and a tab into a real shell.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CompletionTests() => File.CreateSymbolicLink(_folder.File("tcptracer"), TcptracerProgram.Path);

    public static TheoryData<string, string> Lines { get; } = new()
    {
        { "tcptracer show --op connect,clo", "tcptracer show --op connect,close" },
        { "tcptracer show --op=clo", "tcptracer show --op=close" },
        { "tcptracer -o custom-columns=pid,com", "tcptracer -o custom-columns=pid,comm" },
        { "tcptracer show --fields +err,-retr", "tcptracer show --fields +err,-retransmits" },
        { "tcptracer summary x --by comm,dad", "tcptracer summary x --by comm,daddr" },
        { "tcptracer summary x --connections --by comm,stat", "tcptracer summary x --connections --by comm,state" },
        { "tcptracer export x --connections --fields stat", "tcptracer export x --connections --fields state" },
        { "tcptracer show --enr", "tcptracer show --enrich" },
        { "tcptracer help sel", "tcptracer help selection" },
        { "tcptracer record -o x -- dirna", "tcptracer record -o x -- dirname" },
        { "tcptracer record -o x -- ls tcptracer.ba", "tcptracer record -o x -- ls tcptracer.bash" },
        { "tcptracer show tcptracer.ba", "tcptracer show tcptracer.bash" },
        { "tcptracer show -F 'dport == 443 and op == clo", "tcptracer show -F 'dport == 443 and op == close" },
        { "tcptracer show -F 'cidr(sad", "tcptracer show -F 'cidr(saddr, " },
    };

    [Theory, MemberData(nameof(Lines))]
    public void BashCompletesTheLine(string typed, string expected) => Assert.Equal(Open(expected), Open(InTerminal("bash", typed)));

    [Theory, MemberData(nameof(Lines))]
    public void ZshCompletesTheLine(string typed, string expected) => Assert.Equal(Open(expected), Open(InTerminal("zsh", typed)));

    [Theory, MemberData(nameof(Lines))]
    public void FishCompletesTheLine(string typed, string expected)
    {
        RunResult run = Shell.Run("""export PATH="$3:$PATH"; cd "$1"; LINE="$2" fish --no-config -c 'source ./tcptracer.fish; """
            + """complete --do-complete "$LINE"'""", Scripts, typed, _folder.Path);
        string word = Assert.Single(run.Lines).Split('\t')[0];
        Assert.EndsWith(Open(word), Open(expected));
    }

    /// <summary>If several names are possible, the shell completes their common beginning.</summary>
    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    public void CommonBeginningOfSeveralFieldsIsCompleted(string shell) =>
        Assert.Equal("tcptracer show -F 'dport ", InTerminal(shell, "tcptracer show -F 'dpor"));

    private static string Scripts { get; } = Path.Combine(TcptracerProgram.Repository, "cli/Completion");

    private string InTerminal(string shell, string typed)
    {
        RunResult run =
            Shell.Run("""export PATH="$4:$PATH"; cd "$1"; python3 ../../tests/Cli/shells/complete.py "$2" "./tcptracer.$2" "$3" """,
                Scripts, shell, typed, _folder.Path);
        Assert.Equal("", run.Errors);
        return run.Output.TrimEnd('\n');
    }

    /// <summary>Removes the quote or blank that a shell adds when it thinks that the word is complete.</summary>
    private static string Open(string line) => line.TrimEnd(' ', '\'');

    public void Dispose() => _folder.Dispose();
}
