using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>
/// The left side of a comparison: a field, or a word that stands for the fields of both ends, like the options of these names.
/// </summary>
/// <param name="Name">The name, as it was written.</param>
/// <param name="Fields">One field, or two: then a comparison holds if it holds for either.</param>
internal sealed record FilterSubject(string Name, Field[] Fields)
{
    private static readonly Field s_failed =
        new("failed", "failed", 6, "a connect that failed", "", WriteTrue, WriteTrue,
            (in TcpEvent e) => e.Operation == Operation.ConnectFailed)
        {
            Words = ["true"],
        };

    private static readonly FilterSubject[] s_words =
    [
        new("port", [Text.Fields.Find("sport"), Text.Fields.Find("dport")]),
        new("addr", [Text.Fields.Find("saddr"), Text.Fields.Find("daddr")]),
        new("failed", [s_failed]),
    ];

    /// <summary>The names that are not fields.</summary>
    public static IEnumerable<string> Words => s_words.Select(w => w.Name);

    /// <summary>All names that can be on the left side.</summary>
    public static IEnumerable<string> Names => Words.Concat(Text.Fields.Names);

    /// <summary>The subject with this name; null: there is none.</summary>
    public static FilterSubject? TryFind(string name) =>
        s_words.FirstOrDefault(w => w.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? (Text.Fields.TryFind(name) is { } field ? new FilterSubject(name, [field]) : null);

    private static void WriteTrue(TextBuffer to, in TcpEvent e) => to.Append("true"u8);
}
