using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using TcpTracer.Cli;
using TcpTracer.Cli.Commands;
using TcpTracer.Formats.Output;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// The README says what the program does: its session is run again, its commands are parsed, its tables are compared with the source. After a
/// change that is meant: TCPTRACER_UPDATE_README=1 ./test -class '*ReadmeTests' writes the session's new output.
/// </summary>
public sealed partial class ReadmeTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private static readonly string s_text = File.ReadAllText(Path.Combine(TcptracerProgram.Repository, "README.md"));

    [KernelFact]
    public void TheSessionIsRealOutput()
    {
        using var folder = new TemporaryFolder();
        using var server = new HttpServer(hosts.Right, port: 8000);
        File.CreateSymbolicLink(folder.File("tcptracer"), TcptracerProgram.Path);
        new ReadmeSession("session").Check(command => Run(command, folder), Normalised);
    }

    private string Run(string command, TemporaryFolder folder)
    {
        // 10.0.0.x reads better than the address of a test bed
        string here = command.Replace("10.0.0.2", TwoHosts.RightV4, StringComparison.Ordinal).Replace("'", "'\\''", StringComparison.Ordinal);
        string output = Shell.Run($"cd $1; export NODE_NAME=laptop; nsenter --net=/run/netns/$2 bash -c '{here}' 2>&1", folder.Path, hosts.Left).Output;
        return output.Replace($"{TwoHosts.LeftV4} ", "10.0.0.1  ", StringComparison.Ordinal).Replace($"{TwoHosts.RightV4} ", "10.0.0.2  ", StringComparison.Ordinal)
            .Replace(TwoHosts.LeftV4, "10.0.0.1", StringComparison.Ordinal).Replace(TwoHosts.RightV4, "10.0.0.2", StringComparison.Ordinal);
    }

    private static string Normalised(string session) => Blanks().Replace(Numbers().Replace(Connections().Replace(Times().Replace(session, "TIME"), "CONN"), "N"), " ");

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")]
    private static partial Regex Times();

    [GeneratedRegex(@"\b[0-9a-f]{8,16}\.[0-9a-f]+\b|(?<=""flow"":"")[0-9a-f]{16}")]
    private static partial Regex Connections();

    [GeneratedRegex(@"(?<![.\d])(\d+\.\d (?=kB|B)|\d{1,4} B\b|(?!8000\b)\d{2,})(?![.\d]*\.\d)")]
    private static partial Regex Numbers();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();

    [Fact]
    public void EveryCommandInTheReadmeAndInTheHelpIsUnderstood()
    {
        string help = string.Concat(new[] { "", "record", "show", "summary", "info", "verify", "recover", "doctor", "fields", "completion" }.Select(c => TcptracerProgram.Run([.. c.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Output));
        string[] commands = [.. CommandLines().Matches(s_text + help).Select(m => m.Groups[1].Value).Where(c => !c.Contains("[options]"))]; // not the usage lines
        Assert.True(commands.Length > 20, $"only {commands.Length} commands found");
        foreach (string command in commands)
        {
            // Two blanks begin an explanation; a pipe, a comment, a parenthesis what is not ours
            string ours = command.Split("  ")[0];
            string[] words = [.. Words().Matches(ours).Select(w => w.Value.Trim('\'', '`')).TakeWhile(w => w is not ("|" or "#" or ">"))];
            ParseResult parsed = TcpTracerCommand.Create().Parse(words);
            Assert.True(parsed.Errors.Count == 0, $"{ours}: {string.Join("; ", parsed.Errors.Select(e => e.Message))}");
        }
    }

    [GeneratedRegex(@"^(?:.*[|(] ?|[$ ]*|ssh \S+ |sudo )(?:\./)?tcptracer(?: (.*))?$", RegexOptions.Multiline)]
    private static partial Regex CommandLines();

    [GeneratedRegex(@"'[^']*'|[^ ')]+")]
    private static partial Regex Words();

    [Fact]
    public void EveryCommandAndOptionItNamesExistsAndNoCommandIsLeftOut()
    {
        RootCommand root = TcpTracerCommand.Create();
        HashSet<string> known = [.. root.Subcommands.Prepend(root).SelectMany(c => c.Options).SelectMany(o => o.Aliases.Append(o.Name))];
        Each.Of(Regex.Matches(s_text, @"(?<=[` /])--?[A-Za-z][a-z-]*(?=[` /=,])").Select(m => m.Value).Where(o => o.StartsWith("--", StringComparison.Ordinal)),
            o => Assert.True(known.Contains(o), $"README names {o}"));
        Each.Of(root.Subcommands, c => Assert.Contains($"tcptracer {c.Name}", s_text));
        foreach (Option option in root.Options.Where(o => o.Name is not ("--help" or "--version")))
            Assert.Contains($"`{option.Name}", s_text.Replace("/--", "`--", StringComparison.Ordinal));
    }

    [Fact]
    public void TheTableOfExitCodesIsWhatTheSourceSays()
    {
        IEnumerable<int> inSource = typeof(ExitCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (int)f.GetRawConstantValue()!).Order();
        Assert.Equal(inSource, Regex.Matches(s_text, @"^\| (\d+) \|", RegexOptions.Multiline).Select(m => int.Parse(m.Groups[1].Value)).Order());
        string help = TcptracerProgram.Run("--help").Output;
        Each.Of(inSource, code => Assert.Matches($@"\b{code} [a-z]", help));
    }

    [Fact]
    public void EveryJsonKeyIsExplained() => Each.Of(Fields.Json, f => Assert.Contains($"`{f.JsonKey}`", s_text));
}
