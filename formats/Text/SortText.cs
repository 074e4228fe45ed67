using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>What <c>--sort</c> takes: <c>FIELD</c>, and for the largest first <c>-FIELD</c>, as in ps, or <c>FIELD:desc</c>.</summary>
/// <param name="Name">The name of the field, which may not be one.</param>
/// <param name="IsDescending">Whether the largest comes first.</param>
public readonly record struct SortText(string Name, bool IsDescending)
{
    private const string Descending = ":desc", Ascending = ":asc";

    /// <summary>Takes a text apart.</summary>
    /// <param name="text">The text.</param>
    /// <param name="example">For the message.</param>
    /// <exception cref="SelectionException">It names no field.</exception>
    public static SortText Parse(string text, string example)
    {
        bool isDescending = text.StartsWith('-') || text.EndsWith(Descending, StringComparison.Ordinal);
        string name = text.TrimStart('-', '+');
        if (name.EndsWith(Descending, StringComparison.Ordinal) || name.EndsWith(Ascending, StringComparison.Ordinal))
            name = name[..name.LastIndexOf(':')];
        return name.Length > 0 ? new SortText(name, isDescending)
            : throw new SelectionException($"--sort: by which field? For example: --sort={example}");
    }
}
