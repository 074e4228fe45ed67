using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>Files are formatted as <c>.editorconfig</c> says.</summary>
public sealed partial class FormatTests
{
    /// <summary>
    /// The build could check white space inside a file (IDE0055). That takes longer, and leaves out the ends of files, the encoding and the
    /// line ends. The rest of <c>dotnet format</c> takes a minute, and repeats analysers that the build has run.
    /// </summary>
    [Fact]
    public void WhiteSpaceIsThatOfDotnetFormat()
    {
        const string format = "dotnet format whitespace . --folder --exclude artifacts/";
        RunResult run = Shell.Run($"cd $1; {format} --verify-no-changes", TcptracerProgram.Repository);
        Assert.True(run.ExitCode == 0, $"{run.Errors}This command mends it: {format}");
    }

    /// <summary>The namespaces of .NET come first, then the others, both in alphabetical order.</summary>
    [Fact]
    public void UsingsAreInOrder() => Each.Of(SourceFiles.Of(".", ".cs"), file =>
    {
        string[] names = [.. Using().Matches(File.ReadAllText(file)).Select(m => m.Groups["name"].Value)];
        IEnumerable<string> inOrder = names.OrderBy(n => n.Split('.')[0] != "System").ThenBy(n => n, StringComparer.OrdinalIgnoreCase);
        Assert.True(names.SequenceEqual(inOrder), $"{SourceFiles.NameOf(file)}: the order is {string.Join(", ", inOrder)}");
    });

    [GeneratedRegex(@"^using (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Using();
}
