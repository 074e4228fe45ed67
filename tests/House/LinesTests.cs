using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>Lines fit on a screen, and a file of the program fits on a few screens.</summary>
public sealed class LinesTests
{
    private const int LongestLine = 140, LongestFile = 350;

    /// <summary>The rooms of the program.</summary>
    private static readonly string[] s_rooms = ["bpf", "cli", "formats", "recorder", "replay"];

    private static IEnumerable<string> Files(string room) => SourceFiles.Of(room, ".cs", ".c", ".h");

    [Fact]
    public void NoLineIsTooLong() => Each.Of(s_rooms.Append("tests"), room => Each.Of(Files(room), file =>
        Assert.DoesNotContain(File.ReadLines(file).Select((line, i) => (Length: line.Length, Place: $"{SourceFiles.NameOf(file)}:{i + 1}")),
            l => l.Length > LongestLine)));

    [Fact]
    public void NoFileIsTooLong() => Each.Of(s_rooms, room => Each.Of(Files(room), file =>
        Assert.True(File.ReadLines(file).Count() <= LongestFile,
            $"{SourceFiles.NameOf(file)} has more than {LongestFile} lines: split it, a file holds one idea")));
}
