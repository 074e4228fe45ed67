using System.Text.RegularExpressions;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>
/// A block of a page with commands after dollar signs, and their output. The comment before the block gives its kind and name: a
/// <c>tour</c> needs no privilege; a <c>session</c> records.
/// </summary>
internal sealed partial record DocumentSession(Document Document, string Kind, string Name)
{
    /// <summary>The blocks of one kind in all pages.</summary>
    public static IEnumerable<DocumentSession> All(string kind) =>
        Document.All.SelectMany(d => Sessions().Matches(d.Text)
            .Select(m => new DocumentSession(d, m.Groups["kind"].Value, m.Groups["name"].Value))).Where(s => s.Kind == kind);

    /// <summary>Runs the commands, and compares their output with the page, or writes it into the page.</summary>
    /// <param name="run">Runs a command and returns its output.</param>
    /// <param name="normalised">Returns the output without what differs from run to run.</param>
    public void Check(Func<string, string> run, Func<string, string> normalised)
    {
        string text = Document.Text;
        Group block = Sessions().Matches(text)
            .Single(m => m.Groups["kind"].Value == Kind && m.Groups["name"].Value == Name).Groups["block"];
        string real = "";
        foreach (string command in block.Value.Split('\n').Where(l => l.StartsWith("$ ", StringComparison.Ordinal)).Select(l => l[2..]))
        {
            string output = run(command);
            real += $"$ {command}\n{output}{(output.EndsWith('\n') || output.Length == 0 ? "" : "\n")}";
        }
        if (Document.IsUpdating)
            Document.Text = text[..block.Index] + real + text[(block.Index + block.Length)..];
        else
            Assert.Equal($"{Document.Name}:\n{normalised(block.Value)}", $"{Document.Name}:\n{normalised(real)}");
    }

    [GeneratedRegex(@"^<!-- (?<kind>tour|session): (?<name>[^\n]+) -->\n```console\n(?<block>.*?)^```$",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Sessions();

    /// <summary>The number of blocks with output in a page.</summary>
    public static int BlocksIn(Document document) => Consoles().Count(document.Text);

    /// <summary>The number of them that tests run.</summary>
    public static int RunIn(Document document) => Sessions().Count(document.Text);

    [GeneratedRegex("^```console$", RegexOptions.Multiline)]
    private static partial Regex Consoles();
}
