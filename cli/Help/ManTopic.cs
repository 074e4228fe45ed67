using System.CommandLine;
using System.Text.RegularExpressions;

namespace TcpTracer.Cli.Help;

/// <summary>The manual page of a topic of <c>tcptracer help</c>.</summary>
internal static class ManTopic
{
    /// <summary>The section of the manual in which topics are.</summary>
    public const int Section = 7;

    /// <summary>The name of a topic's page.</summary>
    public static string NameOf(HelpTopic topic) => $"tcptracer-{topic.Name}";

    /// <summary>The page of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="root">It has all commands.</param>
    public static ManFile Of(HelpTopic topic, RootCommand root)
    {
        string name = NameOf(topic);
        var page = new Roff(name, Section, "Miscellaneous");
        page.Section("NAME").NameLine(name, topic.About);
        page.Section("DESCRIPTION");
        // The first heading is the topic's own
        ManPage.WriteBlocks(page, HelpBlock.Of(topic.Text).Skip(1));
        page.Section("SEE ALSO").MarkedParagraph(string.Join(", ", root.Subcommands
            .Where(c => Regex.IsMatch(topic.Text, $@"tcptracer {c.Name}\b")).Select(ManPage.NameOf).Append("tcptracer")
            .Order(StringComparer.Ordinal).Select(n => $"{Roff.Bold(n)}(1)")));
        return new ManFile($"{name}.{Section}", page.ToString());
    }
}
