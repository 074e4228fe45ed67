using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>docs/kernel-truth.md names a test for each case: all of these tests exist, and no scenario is missing.</summary>
public sealed partial class KernelTruthDocumentTests
{
    private static readonly string s_document = File.ReadAllText(Path.Combine(TcptracerProgram.Repository, "docs", "kernel-truth.md"));

    [GeneratedRegex(@"\b(\w+Tests)\.(\w+)")]
    private static partial Regex NamedTest();

    [Fact]
    public void EveryNamedTestExists()
    {
        (string Class, string Method)[] named = [.. NamedTest().Matches(s_document).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];
        Assert.NotEmpty(named);
        Type[] types = typeof(KernelTruthDocumentTests).Assembly.GetTypes();
        Each.Of(named, n => Assert.NotNull(types.Single(t => t.Name == n.Class).GetMethod(n.Method)));
    }

    [Fact]
    public void EveryScenarioIsPlayed()
    {
        string scenarios = string.Concat(Directory.GetFiles(Path.Combine(TcptracerProgram.Repository, "tests", "Live", "scenarios"), "*.c")
            .Select(File.ReadAllText));
        string tests = string.Concat(Directory.GetFiles(Path.Combine(TcptracerProgram.Repository, "tests", "Live"), "*.cs")
            .Select(File.ReadAllText));
        Each.Of(Regex.Matches(scenarios, @"^SCENARIO\((\w+)\)", RegexOptions.Multiline),
            m => Assert.Contains($"\"{m.Groups[1].Value}\"", tests));
    }
}
