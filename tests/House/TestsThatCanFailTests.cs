using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// No test may pass without having looked: by asserting something about an empty collection, or by skipping for a reason of its own.
/// </summary>
public sealed partial class TestsThatCanFailTests
{
    private static readonly string s_tests = Path.Combine(TcptracerProgram.Repository, "tests");

    [GeneratedRegex(@"\bAssert\.(All|AllAsync)\(|\bSkip = |\bAssert\.Skip\w*\(|\bSkip(When|Unless) = ")]
    private static partial Regex Forbidden();

    [Fact]
    public void NoTestAssertsAboutNothingOrSkipsItself()
    {
        string[] homes = ["Each.cs", "KnownFact.cs", "KernelFactAttribute.cs", "ContainerFactAttribute.cs", "TestsThatCanFailTests.cs"];
        Each.Of(Directory.EnumerateFiles(s_tests, "*.cs", SearchOption.AllDirectories)
            .Where(f => !homes.Contains(Path.GetFileName(f))), file =>
        {
            string[] lines = [.. File.ReadLines(file).Where(l => Forbidden().IsMatch(l))];
            Assert.True(lines.Length == 0,
                $"{file}: Each.Of asserts that there is something, KnownFact holds the reasons to skip: {string.Join('\n', lines)}");
        });
    }

    [GeneratedRegex(@"-class '\*(?<class>\w+)")]
    private static partial Regex FilteredClass();

    /// <summary>Scripts of the release's checklist run a part of the tests: after a new name it would be none.</summary>
    [Fact]
    public void EachScriptNamesTestsThatThereAre() => Each.Of(["fuzz", "kill", "load"], script =>
    {
        string name = FilteredClass().Match(File.ReadAllText(Path.Combine(s_tests, script))).Groups["class"].Value;
        Assert.NotEmpty(name);
        Assert.Contains(typeof(TestsThatCanFailTests).Assembly.GetTypes(), t => t.Name.EndsWith(name, StringComparison.Ordinal));
        Assert.DoesNotContain("-method", File.ReadAllText(Path.Combine(s_tests, script)), StringComparison.Ordinal); // names change
    });
}
