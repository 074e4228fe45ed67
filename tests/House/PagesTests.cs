using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>The pages agree with each other and with the tree: links, paths, figures.</summary>
public sealed partial class PagesTests
{
    [Fact]
    public void EveryLinkHasATarget() => Each.Of(Document.All.SelectMany(d => Links().Matches(d.Text)
        .Select(m => (d.Name, To: m.Groups["to"].Value))).Where(l => !l.To.Contains("://", StringComparison.Ordinal)), link =>
    {
        string[] parts = link.To.Split('#');
        string target = parts[0].Length == 0
            ? Document.PathOf(link.Name) : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Document.PathOf(link.Name))!, parts[0]));
        Assert.True(Path.Exists(target), $"{link.Name} leads to {link.To}");
        if (parts.Length > 1)
            Assert.True(Headings().Matches(File.ReadAllText(target)).Select(m => Anchor(m.Groups["heading"].Value)).Contains(parts[1]),
                $"{link.Name} leads to {link.To}: there is no such heading");
    });

    [GeneratedRegex(@"\]\((?<to>[^)\s]+)\)")]
    private static partial Regex Links();

    [GeneratedRegex("^#+ (?<heading>.+)$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    /// <summary>The anchor of a heading, as GitHub and GitLab make it.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [Fact]
    public void EveryPageIsLinkedFromAnotherOne()
    {
        HashSet<string> linked = [.. Document.All.SelectMany(d => Links().Matches(d.Text).Select(m =>
            Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Document.PathOf(d.Name))!, m.Groups["to"].Value.Split('#')[0]))))];
        Each.Of(Document.All.Where(d => d.Name != "README.md"),
            page => Assert.True(linked.Contains(Document.PathOf(page.Name)), $"no page leads to {page.Name}"));
    }

    [Fact]
    public void EveryPathInContributingExists() => Each.Of(new Document("CONTRIBUTING.md").Words.Where(w => PathOfTree().IsMatch(w)),
        path => Assert.True(Path.Exists(Document.PathOf(path)), path));

    [GeneratedRegex(@"^(bench|bpf|cli|deploy|docs|examples|formats|recorder|replay|tests|\.ci|\.build)(/[\w./-]*)?$")]
    private static partial Regex PathOfTree();

    [Fact]
    public void EveryFigureInTheFaqIsInTheMeasurements()
    {
        string text = new Document("docs/faq.md").Text, measured = new Document("docs/performance.md").Text;
        string answer = text[text.IndexOf("## What does it cost?", StringComparison.Ordinal)..];
        answer = answer[..answer.IndexOf("\n## ", StringComparison.Ordinal)];
        Each.Of(Figures().Matches(answer).Select(m => m.Value).Distinct(),
            figure => Assert.Matches($@"(?<![\d.]){Regex.Escape(figure)}(?![\d.]*\d)", measured));
    }

    [GeneratedRegex(@"(?<![\w.])\d+(\.\d+)?")]
    private static partial Regex Figures();
}
