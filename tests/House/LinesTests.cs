using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>Lines fit on a screen, and a file fits on a few screens: in the program and in its tests.</summary>
public sealed class LinesTests
{
    private const int LongestLine = 140, LongestFile = 350;

    private static readonly string[] s_folders = ["bpf", "cli", "formats", "recorder", "replay", "tests"];

    private static IEnumerable<string> Files(string folder) => SourceFiles.Of(folder, ".cs", ".c", ".h");

    [Fact]
    public void NoLineIsTooLong() => Each.Of(s_folders, folder => Each.Of(Files(folder), file =>
        Assert.DoesNotContain(File.ReadLines(file).Select((line, i) => (Length: line.Length, Place: $"{SourceFiles.NameOf(file)}:{i + 1}")),
            l => l.Length > LongestLine)));

    [Fact]
    public void NoFileIsTooLong() => Each.Of(s_folders, folder => Each.Of(Files(folder), file =>
        Assert.True(File.ReadLines(file).Count() <= LongestFile,
            $"{SourceFiles.NameOf(file)} has more than {LongestFile} lines: split it, a file holds one idea")));
}
