using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>CHANGELOG has a place for what comes, and a section for the version of Directory.Build.props, of its day.</summary>
public sealed partial class ChangelogTests
{
    /// <summary>Those of Keep a Changelog, and two of our own.</summary>
    private static readonly string[] s_parts =
        ["Before you upgrade", "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Trace format"];

    private static string Text { get; } = new Document("CHANGELOG.md").Text;

    private static string Property(string name) =>
        Regex.Match(File.ReadAllText(Document.PathOf("Directory.Build.props")), $"<{name}>(.*)</{name}>").Groups[1].Value;

    [Fact]
    public void NewestVersionIsThatOfTheProgram()
    {
        string[] sections = [.. Sections().Matches(Text).Select(m => m.Groups[1].Value)];
        Assert.Equal(["Unreleased", $"{Property("VersionPrefix")} - {Property("VersionDate")}"], sections.Take(2));
        Assert.Equal($"tcptracer {Property("VersionPrefix")}", TcptracerProgram.Run("--version").Lines[0]);
    }

    [Fact]
    public void PartsAreTheUsualOnesAndOnceInAVersion() => Each.Of(Sections().Split(Text).Skip(1).Where((_, i) => i % 2 == 1), section =>
    {
        string[] parts = [.. Parts().Matches(section).Select(m => m.Groups[1].Value)];
        Assert.Equal(parts.Distinct().OrderBy(p => Array.IndexOf(s_parts, p)), parts);
        Assert.Empty(parts.Except(s_parts));
    });

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Sections();

    [GeneratedRegex("^### (.+)$", RegexOptions.Multiline)]
    private static partial Regex Parts();
}
