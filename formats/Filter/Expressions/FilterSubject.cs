using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>What a comparison is about: a field, or a word that stands for both ends, as the options of that name do.</summary>
/// <param name="Name">As it was written.</param>
/// <param name="Fields">One field, or the two of which either will do.</param>
internal sealed record FilterSubject(string Name, Field[] Fields)
{
    private static readonly Field s_failed = new("failed", "failed", 6, "a connect that failed", "", WriteTrue, WriteTrue, static (in TcpEvent e) => e.Operation == Operation.ConnectFailed) { Words = ["true"] };

    private static readonly FilterSubject[] s_words =
    [
        new("port", [Text.Fields.Find("sport"), Text.Fields.Find("dport")]),
        new("addr", [Text.Fields.Find("saddr"), Text.Fields.Find("daddr")]),
        new("failed", [s_failed]),
    ];

    /// <summary>The words that are no fields.</summary>
    public static IEnumerable<string> Words => s_words.Select(w => w.Name);

    /// <summary>Everything that can stand before an operator.</summary>
    public static IEnumerable<string> Names => Words.Concat(Text.Fields.Names);

    /// <summary>A word or a field by its name; null: it is neither.</summary>
    public static FilterSubject? TryFind(string name) =>
        s_words.FirstOrDefault(w => w.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? (Text.Fields.TryFind(name) is { } field ? new FilterSubject(name, [field]) : null);

    private static void WriteTrue(TextBuffer to, in TcpEvent e) => to.Append("true"u8);
}
