using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// release/parts.json is whole: each package that is compiled in, each library that is linked, each header of the probes. What is really
/// linked only the linker knows: release/check-parts asks it.
/// </summary>
public sealed partial class PartsTests
{
    private static readonly string[] s_ways = ["linked", "carried", "needed", "opened"], s_kinds = ["static", "shared", "image", "tool"];

    private static readonly JsonElement s_list = JsonDocument.Parse(Read("release/parts.json")).RootElement;

    private static readonly JsonElement[] s_parts = [.. s_list.GetProperty("parts").EnumerateArray()];

    /// <summary>What NuGet restored for the program, with what came along behind.</summary>
    private static readonly JsonElement s_restored =
        JsonDocument.Parse(Read("artifacts/obj/TcpTracer.Cli/project.assets.json")).RootElement;

    private static string Read(string file) => File.ReadAllText(Path.Combine(TcptracerProgram.Repository, file));

    private static string NameOf(JsonElement part) => part.GetProperty("name").GetString()!;

    private static IEnumerable<string> Texts(string member) => s_parts.SelectMany(p =>
        p.TryGetProperty(member, out JsonElement texts) ? texts.EnumerateArray().Select(t => t.GetString()!) : []);

    private static IEnumerable<JsonElement> Packages => s_parts.Where(p => p.GetProperty("from").GetString() == "nuget");

    private static IEnumerable<string> BuildOnly => s_list.GetProperty("build-only").EnumerateObject().Select(p => p.Name);

    [Fact]
    public void EachPartSaysWhatItIs()
    {
        Assert.Equal(s_parts.Length, s_parts.Select(NameOf).Distinct().Count());
        Each.Of(s_parts, part =>
        {
            Assert.Matches("^(runtime|nuget|debian [a-z0-9.+-]+|within .+)$", part.GetProperty("from").GetString());
            foreach (JsonProperty way in part.GetProperty("in").EnumerateObject())
            {
                Assert.Contains(way.Name, s_kinds);
                Assert.Contains(way.Value.GetString(), s_ways);
            }
            // Of a package that names its licence, the copyright line comes from the package
            Assert.True(part.TryGetProperty("copyright", out _) || part.GetProperty("from").GetString() == "nuget", NameOf(part));
        });
    }

    [Fact]
    public void EachPartWithinAnotherHasThatOneInTheList() => Each.Of(s_parts, part =>
    {
        string from = part.GetProperty("from").GetString()!;
        if (from.StartsWith("within ", StringComparison.Ordinal))
            Assert.Contains(s_parts, p => NameOf(p) == from["within ".Length..]);
    });

    [Fact]
    public void EachLicenceHasAText() => Each.Of(s_parts, part =>
    {
        string licence = (part.TryGetProperty("taken", out JsonElement taken) ? taken : part.GetProperty("licence")).GetString()!;
        foreach (string name in licence.Split(" WITH "))
        {
            bool ours = File.Exists(Path.Combine(TcptracerProgram.Repository, "release/licences", name + ".txt"));
            bool debians = Read("release/parts/listed.py").Contains($"\"{name}\": ", StringComparison.Ordinal);
            Assert.True(ours || debians, $"{NameOf(part)}: no text of {name}");
        }
    });

    private static IEnumerable<(string Name, string Version)> Restored() => s_restored.GetProperty("libraries").EnumerateObject()
        .Where(l => l.Value.GetProperty("type").GetString() == "package").Select(l => l.Name.Split('/')).Select(n => (n[0], n[1]))
        // The compiler itself has another name on each machine
        .Where(l => !l.Item1.StartsWith("runtime.", StringComparison.Ordinal));

    [Fact]
    public void EachPackageIsInTheListAndNoOther() => Assert.Equal(
        Restored().Select(l => l.Name).Concat(BuildOnly).Distinct().Order(),
        Packages.Select(NameOf).Concat(BuildOnly).Order());

    [Fact]
    public void EachPackageOfAProjectIsInTheList()
    {
        string[] projects = ["bpf", "cli", "formats", "recorder", "replay"];
        IEnumerable<string> used = projects.SelectMany(project =>
            Directory.GetFiles(Path.Combine(TcptracerProgram.Repository, project), "*.csproj").SelectMany(file =>
                XDocument.Load(file).Descendants("PackageReference").Select(e => e.Attribute("Include")!.Value)));
        Assert.Empty(used.Except(Packages.Select(NameOf)).Except(BuildOnly));
    }

    [Fact]
    public void EachPackageHasTheLicenceThatTheListSays()
    {
        string folder = s_restored.GetProperty("packageFolders").EnumerateObject().First().Name;
        var versions = Restored().ToDictionary(l => l.Name, l => l.Version);
        Each.Of(Packages, part =>
        {
            string name = NameOf(part), version = versions[name];
            var said = XDocument.Load(Path.Combine(folder, name.ToLowerInvariant(), version, name.ToLowerInvariant() + ".nuspec"));
            string? licence = said.Descendants().FirstOrDefault(e => e.Name.LocalName == "license")?.Value;
            // One that names none was looked up, for this version
            if (licence is null)
                Assert.Equal(version, part.GetProperty("verified").GetString());
            else
                Assert.Equal(part.GetProperty("licence").GetString(), licence);
        });
    }

    [Fact]
    public void EachLibraryThatIsLinkedIsInTheList()
    {
        string[] libraries = [.. LinkedLibraries().Matches(Read("cli/TcpTracer.Cli.csproj"))
            .Select(m => "system/" + m.Groups["name"].Value)];
        Assert.Contains("system/libbpf.a", libraries);
        Assert.Empty(libraries.Except(Texts("files")));
    }

    [GeneratedRegex(@"<LinkerArg Include=""&quot;\$\(NativeLibraryFolder\)(?<name>[\w.+-]+\.a)&quot;""")]
    private static partial Regex LinkedLibraries();

    [Fact]
    public void ReadersCarryTheLicence() => Each.Of(["python", "javascript"],
        reader => Assert.Equal(Read("LICENSE"), Read($"tests/readers/{reader}/LICENSE")));

    [Fact]
    public void EachHeaderOfTheProbesIsInTheListAndNoOther() => Assert.Equal(
        SourceFiles.Of("bpf/probes", ".c", ".h").SelectMany(f => Headers().Matches(File.ReadAllText(f)).Select(m => m.Groups["name"].Value))
            .Where(name => name != "stdbool.h") // the compiler's, two lines
            .Distinct().Order(StringComparer.Ordinal),
        Texts("headers").Order(StringComparer.Ordinal));

    [GeneratedRegex(@"^#\s*include <(?<name>[^>]+)>", RegexOptions.Multiline)]
    private static partial Regex Headers();
}
