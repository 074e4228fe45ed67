using TcpTracer.Tests.Harness;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace TcpTracer.Tests.Release;

/// <summary>deploy/kubectl/krew.yaml is what release/krew fills: a manifest for each architecture that is released.</summary>
public sealed class KrewManifestTests
{
    private static readonly string s_template = File.ReadAllText(Path.Combine(TcptracerProgram.Repository, "deploy/kubectl/krew.yaml"));

    private static YamlNode Read()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(s_template));
        return Assert.Single(yaml.Documents).RootNode;
    }

    [Fact]
    public void ItHasWhatKrewAsksFor()
    {
        YamlNode manifest = Read();
        Assert.Equal("Plugin", (string?)manifest["kind"]);
        Assert.Equal("tcptracer", (string?)manifest["metadata"]["name"]);
        Assert.Equal("vVERSION", (string?)manifest["spec"]["version"]);
        Each.Of((YamlSequenceNode)manifest["spec"]["platforms"], platform =>
        {
            string arch = (string?)platform["selector"]["matchLabels"]["arch"] ?? "";
            Assert.EndsWith($"kubectl-tcptracer-VERSION-linux-{arch}.tar.gz", (string?)platform["uri"]);
            Assert.Equal($"SHA256_{arch.ToUpperInvariant()}", (string?)platform["sha256"]);
            Assert.Equal("kubectl-tcptracer", (string?)platform["bin"]);
            Each.Of((YamlSequenceNode)platform["files"], file => Assert.Equal(".", (string?)file["to"]));
        });
    }

    [Fact]
    public void EachArchitectureBringsTheLicences()
    {
        string[] wanted = ["kubectl-tcptracer", "kubectl_complete-tcptracer", "LICENSE", "THIRD-PARTY-NOTICES", "tcptracer.cdx.json"];
        var platforms = (YamlSequenceNode)Read()["spec"]["platforms"];
        Assert.Equal(["amd64", "arm64"], platforms.Select(p => (string?)p["selector"]["matchLabels"]["arch"]));
        Each.Of(platforms, platform => Assert.Equal(wanted, ((YamlSequenceNode)platform["files"]).Select(f => (string?)f["from"])));
    }
}
