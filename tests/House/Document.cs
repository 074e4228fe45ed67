using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>A page for users: README.md, the pages of docs/, and the like.</summary>
/// <param name="Name">Its path in the repository.</param>
internal sealed partial record Document(string Name)
{
    private static readonly string[] s_beside = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "RELEASING.md", "deploy/README.md"];

    /// <summary>Whether tests write the program's output into the pages, instead of comparing it.</summary>
    public static bool IsUpdating => Environment.GetEnvironmentVariable("TCPTRACER_UPDATE_DOCS") == "1";

    /// <summary>All pages.</summary>
    public static IReadOnlyList<Document> All { get; } =
    [
        .. s_beside.Select(n => new Document(n)),
        .. Directory.EnumerateFiles(PathOf("docs"), "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => new Document(Path.GetRelativePath(TcptracerProgram.Repository, f))),
    ];

    /// <summary>The absolute path of a file of the repository.</summary>
    public static string PathOf(string name) => Path.Combine(TcptracerProgram.Repository, name);

    /// <summary>The text of the file as it is now.</summary>
    public string Text
    {
        get => File.ReadAllText(PathOf(Name));
        set => File.WriteAllText(PathOf(Name), value);
    }

    /// <summary>All blocks of code, one after the other.</summary>
    public string Code => string.Concat(Blocks().Matches(Text).Select(m => m.Groups["code"].Value));

    /// <summary>All words between backticks in the prose.</summary>
    public IEnumerable<string> Words => Inline().Matches(Blocks().Replace(Text, "")).Select(m => m.Groups["code"].Value);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Compares a generated part of the page with what the program says, or writes it.</summary>
    /// <param name="part">The name of the part, in the comment before it.</param>
    /// <param name="generated">Its new text, with a line break at the end.</param>
    public void Hold(string part, string generated)
    {
        string text = Text, opening = $"<!-- generated: {part} -->\n", closing = "<!-- end -->\n";
        int start = text.IndexOf(opening, StringComparison.Ordinal) + opening.Length;
        Assert.True(start >= opening.Length, $"{Name} has no {part}");
        int end = text.IndexOf(closing, start, StringComparison.Ordinal);
        if (IsUpdating)
            Text = text[..start] + generated + text[end..];
        else
            Assert.Equal(generated, text[start..end]);
    }

    [GeneratedRegex(@"^```\w*\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex("`(?<code>[^`\n]+)`")]
    private static partial Regex Inline();
}
