using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>The packages in tests/readers: their own tests, and that each is installed from its folder, without a network.</summary>
public sealed partial class ReaderPackagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [GeneratedRegex(@"^Ran (\d+) tests", RegexOptions.Multiline)]
    private static partial Regex RanTests { get; }

    [GeneratedRegex(@"^# (pass|fail|cancelled|skipped) (\d+)", RegexOptions.Multiline)]
    private static partial Regex NodeCounts { get; }

    [Fact]
    public void PythonPackagePassesItsTests()
    {
        (int status, string output) = Run(ForeignReader.FolderOf("python"), "/usr/bin/python3", "-W", "error", "-m", "unittest", "discover",
            "-s", "tests", "-t", ".");
        Assert.True(status == 0 && int.Parse(RanTests.Match(output).Groups[1].Value) > 30, output);
        // pandas is too large for each ./test: RELEASING.md has it installed. Where it is, nothing may be skipped
        bool hasPandas = Run(_folder.Path, "/usr/bin/python3", "-c", "import pandas; pandas.DataFrame").Status == 0;
        Assert.EndsWith(hasPandas ? "OK" : "OK (skipped=6)", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void JavaScriptPackagePassesItsTests()
    {
        (int status, string output) = Run(ForeignReader.FolderOf("javascript"), "node", "--test", "test/");
        Dictionary<string, int> counts = NodeCounts.Matches(output)
            .ToDictionary(m => m.Groups[1].Value, m => int.Parse(m.Groups[2].Value));
        Assert.True(status == 0 && counts is { Count: 4 } && counts["pass"] > 20 && counts.Values.Sum() == counts["pass"], output);
    }

    [Fact]
    public void PythonPackageIsInstalledFromItsFolder()
    {
        string source = Copy("python"), target = _folder.File("site");
        (int status, string output) = Run(_folder.Path, "/usr/bin/python3", "-m", "pip", "install", "--no-index", "--no-build-isolation",
            "--no-deps", "--no-cache-dir", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore", "--target", target,
            source);
        Assert.True(status == 0, output);
        Assert.Equal(["__init__.py", "py.typed"], Directory.GetFiles(Path.Combine(target, "tcptracer_trace"))
            .Select(Path.GetFileName).Where(n => n is "__init__.py" or "py.typed").Order(StringComparer.Ordinal));
        CheckEvents("/usr/bin/python3", "-c",
            $"import sys; sys.path.insert(0, '{target}'); from tcptracer_trace.__main__ import main; main()");
    }

    [Fact]
    public void JavaScriptPackageIsInstalledFromItsFolder()
    {
        (int status, string output) = Run(Copy("javascript"), "npm", "pack", "--offline", "--silent", "--pack-destination", _folder.Path);
        Assert.True(status == 0, output);
        string empty = Directory.CreateDirectory(_folder.File("empty")).FullName;
        (status, output) = Run(empty, "npm", "install", "--offline", "--no-audit", "--no-fund", "--silent",
            Path.Combine("..", output.Trim().Split('\n')[^1]));
        Assert.True(status == 0, output);
        Assert.Equal(["tcptracer-trace"], Directory.GetDirectories(Path.Combine(empty, "node_modules")).Select(Path.GetFileName)
            .Where(n => !n!.StartsWith('.')));
        CheckEvents(Path.Combine(empty, "node_modules/.bin/tcptracer-trace"));
    }

    [Fact]
    public void VersionsAreThatOfTheProgram()
    {
        string version = XDocument.Load(Document.PathOf("Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        (string File, string Text)[] places =
        [
            ("python/pyproject.toml", $"\nversion = \"{version}\"\n"),
            ("python/tcptracer_trace/__init__.py", $"\n__version__ = \"{version}\"\n"),
            ("javascript/package.json", $"\n  \"version\": \"{version}\",\n"),
            ("javascript/package-lock.json", $"\n  \"version\": \"{version}\",\n"),
        ];
        Each.Of(places, place => Assert.Contains(place.Text, File.ReadAllText(Document.PathOf($"tests/readers/{place.File}")),
            StringComparison.Ordinal));
    }

    /// <summary>A command that prints events of a trace prints as many as show.</summary>
    private void CheckEvents(string program, params string[] arguments)
    {
        string trace = Document.PathOf("examples/shop.tct");
        (int status, string output) = Run(_folder.Path, program, [.. arguments, "--events", trace]);
        Assert.True(status == 0, output);
        Assert.Equal(TcptracerProgram.Run("show", "--existing", "-o", "json", trace).Lines.Length, output.Trim().Split('\n').Length);
    }

    /// <summary>A copy of a package, because what builds it writes beside its sources.</summary>
    private string Copy(string language)
    {
        string from = ForeignReader.FolderOf(language), to = _folder.File(language);
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        return to;
    }

    private static (int Status, string Output) Run(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" 2>&1", "sh", program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    public void Dispose() => _folder.Dispose();
}
