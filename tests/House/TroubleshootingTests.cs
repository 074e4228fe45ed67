using System.Text.RegularExpressions;
using TcpTracer.Bpf;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>docs/troubleshooting.md has everything that the program can complain about, and quotes its present words.</summary>
public sealed partial class TroubleshootingTests
{
    private static readonly string s_text = new Document("docs/troubleshooting.md").Text;

    [Fact]
    public void EveryFacilityHasALine() => Each.Of(Facilities.All, f => Assert.Contains($"| {f.Name} |", s_text, StringComparison.Ordinal));

    [Fact]
    public void EveryCheckOfDoctorHasALine() =>
        Each.Of(TcptracerProgram.Run("doctor").Lines.Select(l => Check().Match(l)).Where(m => m.Success),
            check => Assert.Contains($"| {check.Groups["subject"].Value} |", s_text, StringComparison.Ordinal));

    [GeneratedRegex("^(ok|limited|none|missing) +(?<subject>[^:]+):")]
    private static partial Regex Check();

    [Fact]
    public void EveryLossHasALine() =>
        Each.Of(Enum.GetValues<LossSource>(),
            s => Assert.Contains($"| `{Messages.Lost(s, 2)[2..]}: {LossWords.Explain(s)}` |", s_text, StringComparison.Ordinal));

    [Fact]
    public void TroubleshootingHasEveryClosingLineAboutOpenConnections() =>
        Each.Of(Messages.SentencesOf(new Unfinished(2, 2, 2, 2, 2)),
            sentence => Assert.Contains($"| `{sentence[2..]}` |", s_text, StringComparison.Ordinal));

    [Fact]
    public void EveryQuotedSentenceIsInTheSource()
    {
        string source = string.Concat(new[] { "bpf", "recorder", "cli", "formats" }.SelectMany(r =>
            Directory.EnumerateFiles(Document.PathOf(r), "*.cs", SearchOption.AllDirectories)).Select(File.ReadAllText));
        Each.Of(Quoted().Matches(s_text).Select(m => m.Groups["words"].Value),
            words => Assert.Contains(words, source, StringComparison.Ordinal));
    }

    /// <summary>Quotations in the first column of a table.</summary>
    [GeneratedRegex("^\\| \"(?<words>[^\"\n]+)\" \\|", RegexOptions.Multiline)]
    private static partial Regex Quoted();
}
