using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// The folders of a project are floors: a file sees its own floor and those below it, but none above. Files in the project's own folder are
/// on the ground floor.
/// </summary>
public sealed partial class RoomsTests
{
    /// <summary>The folders of each project, the lowest first. Folders in one string are side by side and do not see each other.</summary>
    private static readonly Dictionary<string, string[]> s_floors = new()
    {
        ["formats"] = ["Strings", "Values", "Files", "Workloads", "Events", "Text", "Filter", "Sinks", "Connections", "Records",
            "Blocks", "Traces"],
        ["recorder"] = ["Machine", "Workloads Targets", "Live Cluster"],
        ["replay"] = ["Streams", "Findings", "Names", "Reading", "Calls",
            "Printing Summaries Copies Exports Rates Reports Comparison Policies", "Redactions", "Inspection"],
        ["cli"] = ["Linux", "Sentences", "Requests", "Screens", "Handlers", "Help", "Commands"],
    };

    /// <summary>Files that start the program: they see every floor.</summary>
    private static readonly string[] s_roofs = ["cli/Program.cs"];

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    /// <summary>
    /// It also finds a name that is written in full, such as <c>TcpTracer.Cli.Handlers.Printing.ShowHandler</c>.
    /// </summary>
    [GeneratedRegex(@"(?m)^using (?:static )?(?:\w+ = )?(?:TcpTracer\.\w+\.(?<room>\w+))|\bTcpTracer\.\w+\.(?<room>\w+)")]
    private static partial Regex Seen();

    private static string ProjectNamespace(string project) => $"TcpTracer.{char.ToUpperInvariant(project[0])}{project[1..]}";

    private static IEnumerable<string> Files(string project) => SourceFiles.Of(project, ".cs");

    [Fact]
    public void NamespaceMatchesItsFolder()
    {
        foreach (string project in new[] { "cli", "recorder", "replay", "formats", "bpf" })
        {
            Each.Of(Files(project), file =>
            {
                Match name = Namespace().Match(File.ReadAllText(file));
                string folder = Path.GetDirectoryName(Path.GetRelativePath(Path.Combine(TcptracerProgram.Repository, project), file))!;
                string expected = folder.Length == 0
                    ? ProjectNamespace(project) : $"{ProjectNamespace(project)}.{folder.Replace('/', '.')}";
                if (name.Success)
                    Assert.Equal((SourceFiles.NameOf(file), expected), (SourceFiles.NameOf(file), name.Groups[1].Value));
            });
        }
    }

    [Fact]
    public void FilesUseOnlyLowerFloors()
    {
        foreach ((string project, string[] floors) in s_floors)
        {
            string own = ProjectNamespace(project) + ".";
            Each.Of(Files(project).Where(f => !s_roofs.Contains(SourceFiles.NameOf(f))), file =>
            {
                string room = Path.GetRelativePath(Path.Combine(TcptracerProgram.Repository, project), file)
                    .Split('/') is [var folder, _, ..] ? folder : "";
                int floor = room.Length == 0 ? -1 : FloorOf(floors, room);
                Assert.True(room.Length == 0 || floor >= 0, $"{SourceFiles.NameOf(file)}: {room} is no floor of {project}");
                foreach (Match seen in Seen().Matches(File.ReadAllText(file)).Where(m => m.Value.Contains(own, StringComparison.Ordinal)))
                {
                    string other = seen.Groups["room"].Value;
                    if (other == room || FloorOf(floors, other) is not (>= 0 and var below))
                        continue;
                    Assert.True(below < floor,
                        $"{SourceFiles.NameOf(file)} sees {other}, which is not below {(room.Length == 0 ? "the ground" : room)}");
                }
            });
        }
    }

    private static int FloorOf(string[] floors, string room) => Array.FindIndex(floors, f => f.Split(' ').Contains(room));

    [Fact]
    public void SystemCallsOfTheCommandLineAreInOneFile() =>
        Assert.Equal(["cli/Linux/LibC.cs"], Files("cli").Where(f => Regex.IsMatch(File.ReadAllText(f), @"\[(LibraryImport|DllImport)\("))
            .Select(SourceFiles.NameOf));
}
