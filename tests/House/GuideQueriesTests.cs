using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Exports;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>The guide's queries for DuckDB and tshark find rows in the files that the guide's commands write.</summary>
public sealed partial class GuideQueriesTests : IDisposable
{
    private static readonly string s_section = new Document("docs/guide.md").Text is var text
        ? text[text.IndexOf("## In other tools", StringComparison.Ordinal)..] : "";

    private readonly TemporaryFolder _folder = new();

    [GeneratedRegex(@"^-- DuckDB.*\n(?<query>[^;]+);", RegexOptions.Multiline)]
    private static partial Regex Queries();

    [GeneratedRegex(@"^(?<line>(tcptracer|tshark) [^#\n]+)", RegexOptions.Multiline)]
    private static partial Regex Commands();

    [Fact]
    public void QueriesOfTheGuideGiveTheirPrintedOutput()
    {
        Directory.CreateSymbolicLink(_folder.File("examples"), Path.Combine(TcptracerProgram.Repository, "examples"));
        string[] commands = [.. Commands().Matches(s_section).Select(m => m.Groups["line"].Value)];
        Assert.Equal((4, 3), (commands.Count(c => c.StartsWith("tcptracer export", StringComparison.Ordinal)),
            commands.Count(c => c.StartsWith("tshark", StringComparison.Ordinal))));
        foreach (string command in commands)
        {
            RunResult run = Shell.Run($"cd $1; {command}", _folder.Path);
            Assert.True(run.ExitCode == 0 && (command.StartsWith("tcptracer", StringComparison.Ordinal) || run.Lines.Length > 2),
                $"{command}: {run.Errors}");
        }
        using var duck = new Duck();
        Match[] queries = [.. Queries().Matches(s_section).Cast<Match>()];
        Assert.Equal(3, queries.Length);
        Each.Of(queries, q => Assert.NotEmpty(duck.Rows(q.Groups["query"].Value.Replace("'shop.", $"'{_folder.Path}/shop.",
            StringComparison.Ordinal).Replace("'lake/", $"'{_folder.Path}/lake/", StringComparison.Ordinal))));
    }

    public void Dispose() => _folder.Dispose();
}
