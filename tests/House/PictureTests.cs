using System.Xml.Linq;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>README's picture of a terminal shows what the program prints today. <c>docs/pictures/draw</c> draws it again.</summary>
public sealed class PictureTests
{
    private static readonly string s_picture = Document.PathOf("docs/pictures/shop.svg");

    [Fact]
    public void ThePictureShowsRealOutput()
    {
        string[] lines = [.. XDocument.Load(s_picture).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        string real = "";
        foreach (string command in lines.Where(l => l.StartsWith("$ ", StringComparison.Ordinal)).Select(l => l[2..]))
            real += $"$ {command}\n{Shell.Run($"cd $1; {command} 2>&1", TcptracerProgram.Repository).Output}";
        Assert.Equal(real, string.Concat(lines.Select(l => l + "\n")));
        Assert.Contains("(docs/pictures/shop.svg)", new Document("README.md").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheScriptDrawsIt() =>
        Assert.Equal(File.ReadAllText(s_picture),
            Shell.Run("TCPTRACER_EXECUTABLE=$TCPTRACER $1/docs/pictures/draw -", TcptracerProgram.Repository).Output);
}
