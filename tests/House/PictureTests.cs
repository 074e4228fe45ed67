using System.Xml.Linq;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>README's picture of a terminal shows what the program prints today. <c>docs/pictures/draw</c> draws it again.</summary>
public sealed class PictureTests
{
    private static readonly string s_picture = Document.PathOf("docs/pictures/shop.svg");

    [Fact]
    public void PictureShowsRealOutput()
    {
        string[] lines = [.. XDocument.Load(s_picture).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        string real = "";
        foreach (string command in lines.Where(l => l.StartsWith("$ ", StringComparison.Ordinal)).Select(l => l[2..]))
            real += $"$ {command}\n{Shell.Run($"cd $1; {command} 2>&1", TcptracerProgram.Repository).Output}";
        Assert.Equal(real, string.Concat(lines.Select(l => l + "\n")));
        Assert.Contains("(docs/pictures/shop.svg)", new Document("README.md").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void ScriptDrawsThePicture() =>
        Assert.Equal(File.ReadAllText(s_picture),
            Shell.Run("TCPTRACER_EXECUTABLE=$TCPTRACER $1/docs/pictures/draw -", TcptracerProgram.Repository).Output);

    /// <summary>How letters look depends on the fonts of a machine, so what the picture shows is left to whoever draws it.</summary>
    [Fact]
    public void ReadmeShowsAReport()
    {
        const int most = 200_000;
        byte[] picture = File.ReadAllBytes(Document.PathOf("docs/pictures/report.png"));
        Assert.InRange(picture.Length, 1, most);
        Assert.Equal("\x89PNG", System.Text.Encoding.Latin1.GetString(picture, 0, 4));
        Assert.Contains("(docs/pictures/report.png)", new Document("README.md").Text, StringComparison.Ordinal);
    }
}
