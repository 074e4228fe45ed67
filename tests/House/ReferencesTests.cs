using System.Reflection;
using System.Xml.Linq;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// References point one way, and each package is used in one room only: in the project files, and in the assemblies that are built.
/// </summary>
public sealed class ReferencesTests
{
    private static readonly Dictionary<string, string[]> s_maySee = new()
    {
        ["cli"] = ["formats", "recorder", "replay"],
        ["recorder"] = ["bpf", "formats"],
        ["replay"] = ["formats"],
        ["bpf"] = [],
        ["formats"] = [],
    };

    /// <summary>Where a package lives. Two rooms that never see each other may both speak protobuf.</summary>
    private static readonly Dictionary<string, string> s_homes = new()
    {
        ["System.CommandLine"] = "cli",
        ["MessagePack"] = "formats",
        ["Microsoft.NET.StringTools"] = "formats",
        ["K4os.Compression.LZ4"] = "formats",
        ["System.IO.Hashing"] = "formats",
        ["KubernetesClient.Aot"] = "recorder",
        ["Vecc.YamlDotNet.Analyzers.StaticGenerator"] = "recorder",
        ["YamlDotNet"] = "recorder replay",
        ["Google.Protobuf"] = "recorder replay",
        ["Grpc.Core.Api"] = "recorder",
        ["Grpc.Net.Client"] = "recorder",
        ["Grpc.Tools"] = "recorder replay",
        ["ZstdSharp.Port"] = "replay",
        ["SharpZipLib"] = "replay",
    };

    /// <summary>Names of assemblies that differ from the names of their packages.</summary>
    private static readonly Dictionary<string, string> s_packages = new()
    {
        ["ZstdSharp"] = "ZstdSharp.Port",
        ["ICSharpCode.SharpZipLib"] = "SharpZipLib",
    };

    private static readonly Dictionary<string, Assembly> s_built = new()
    {
        ["cli"] = typeof(TcpTracer.Cli.ExitCode).Assembly,
        ["recorder"] = typeof(TcpTracer.Recorder.Machine.MachineSupport).Assembly,
        ["replay"] = typeof(TcpTracer.Replay.Printing.TracePrinter).Assembly,
        ["bpf"] = typeof(TcpTracer.Bpf.TcpProbe).Assembly,
        ["formats"] = typeof(TcpTracer.Formats.Events.TcpEvent).Assembly,
    };

    private static IEnumerable<string> Included(string project, string element)
    {
        string file = Assert.Single(Directory.GetFiles(Path.Combine(TcptracerProgram.Repository, project), "*.csproj"));
        return XDocument.Load(file).Descendants(element).Select(e => e.Attribute("Include")!.Value);
    }

    [Fact]
    public void ProjectsReferenceOnlyLowerProjects()
    {
        foreach ((string project, string[] maySee) in s_maySee)
            Assert.Equal(maySee, Included(project, "ProjectReference").Select(r => Path.GetFileName(Path.GetDirectoryName(r))).Order());
    }

    [Fact]
    public void EveryPackageHasOneHome()
    {
        var homes = s_maySee.Keys.SelectMany(project => Included(project, "PackageReference").Select(package => (package, project)))
            .ToList();
        IEnumerable<(string, string)> expected = s_homes.SelectMany(h => h.Value.Split(' ').Select(home => (h.Key, home)));
        Assert.Equal(expected.Order(), homes.Order());
    }

    [Fact]
    public void BuiltAssembliesReferenceOnlyLowerProjects()
    {
        foreach ((string project, Assembly assembly) in s_built)
        {
            foreach (string name in assembly.GetReferencedAssemblies().Select(a => a.Name!))
            {
                string? room = s_built.FirstOrDefault(b => b.Value.GetName().Name == name).Key;
                if (room is not null)
                    Assert.True(s_maySee[project].Contains(room), $"{project} uses {room}");
                else if (s_homes.TryGetValue(s_packages.GetValueOrDefault(name, name), out string? home))
                    Assert.True(home.Split(' ').Contains(project), $"{project} uses {name}, whose home is {home}");
                else
                    Assert.True(name.StartsWith("System.", StringComparison.Ordinal)
                        || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal), $"{project} uses {name}");
            }
        }
    }

    [Fact]
    public void NoTypeIsNamedUtilsOrHelpers()
    {
        string[] forbidden = ["Utils", "Helpers", "Helper", "Common", "Manager"];
        foreach (string project in s_maySee.Keys)
        {
            Each.Of(Directory.EnumerateFiles(Path.Combine(TcptracerProgram.Repository, project), "*.cs", SearchOption.AllDirectories),
                file => Assert.DoesNotContain(forbidden,
                    f => Path.GetFileNameWithoutExtension(file).EndsWith(f, StringComparison.Ordinal)));
        }
    }
}
