namespace TcpTracer.Formats.Words;

/// <summary>
/// What was asked for cannot be understood: an unknown name, a number that is none. It carries one sentence for the user.
/// </summary>
public sealed class SelectionException(Sentence sentence) : Exception(sentence.ToString())
{
    /// <summary>What is said.</summary>
    public Sentence Sentence { get; } = sentence;

    /// <summary>For a name that is not among the known ones.</summary>
    public static SelectionException UnknownName(string what, string wrong, IReadOnlyCollection<string> known, string seeAlso)
    {
        string? near = NearestName.Of(wrong, known);
        return new SelectionException($"{what} '{wrong}' is not known{(near is null ? "" : $"; did you mean '{near}'?")} ({seeAlso})");
    }
}
