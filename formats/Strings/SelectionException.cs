namespace TcpTracer.Formats.Strings;

/// <summary>The user's request cannot be understood, for example because of an unknown name or a malformed number.</summary>
/// <param name="sentence">Says to the user what is wrong.</param>
public sealed class SelectionException(Sentence sentence) : Exception(sentence.ToString())
{
    /// <summary>Says to the user what is wrong.</summary>
    public Sentence Sentence { get; } = sentence;

    /// <summary>The error for a name that is not known. It suggests the nearest known name.</summary>
    /// <param name="what">What the name stands for, such as "field".</param>
    /// <param name="wrong">The unknown name.</param>
    /// <param name="known">All known names.</param>
    /// <param name="seeAlso">Says where the known names are listed.</param>
    public static SelectionException UnknownName(string what, string wrong, IReadOnlyCollection<string> known, string seeAlso)
    {
        string? near = NearestName.Of(wrong, known);
        return new SelectionException($"{what} '{wrong}' is not known{(near is null ? "" : $"; did you mean '{near}'?")} ({seeAlso})");
    }
}
