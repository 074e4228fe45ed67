namespace TcpTracer.Formats.Strings;

/// <summary>Finds the name that a user probably meant.</summary>
public static class NearestName
{
    /// <summary>
    /// The known name that differs from <paramref name="wrong"/> by the fewest edits; null: no name is near. An
    /// abbreviation counts as one edit.
    /// </summary>
    public static string? Of(string wrong, IEnumerable<string> known)
    {
        (string Name, int Distance)? best = null;
        foreach (string name in known)
        {
            int distance = Math.Min(Distance(Letters(wrong), Letters(name)), Abbreviation(wrong, name));
            if (best is null || distance < best.Value.Distance)
                best = (name, distance);
        }
        return best is { } b && b.Distance <= Math.Max(1, wrong.TrimStart('-').Length / 3) ? b.Name : null;
    }

    /// <summary>
    /// Edits for an abbreviation, such as err for error or bytes for sent_bytes. It is near, however many letters are missing.
    /// </summary>
    private static int Abbreviation(string wrong, string name)
    {
        const int enoughToBegin = 2, enoughToBeIn = 4, inEdits = 2;
        string letters = Letters(wrong), others = Letters(name);
        if (letters.Length >= enoughToBegin && others.StartsWith(letters, StringComparison.Ordinal))
            return 1;
        // At most the number of edits that still counts as near
        return letters.Length >= enoughToBeIn && others.Contains(letters, StringComparison.Ordinal)
            ? Math.Min(inEdits, Math.Max(1, letters.Length / 3))
            : int.MaxValue;
    }

    private static string Letters(string name) => name.TrimStart('-').ToLowerInvariant();

    /// <summary>
    /// Counts the letters that are inserted, deleted, replaced, or swapped with their neighbour. A different first letter counts twice,
    /// because people seldom mistake it: somebody who types sort does not mean port.
    /// </summary>
    private static int Distance(string a, string b)
    {
        int[,] edits = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
                edits[i, j] = i == 0 || j == 0 ? i + j : Least(edits, a, b, i, j);
        }
        return edits[a.Length, b.Length];
    }

    private static int Least(int[,] edits, string a, string b, int i, int j)
    {
        int replaced = edits[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : i == 1 && j == 1 ? 2 : 1);
        int least = Math.Min(replaced, 1 + Math.Min(edits[i - 1, j], edits[i, j - 1]));
        bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        return swapped ? Math.Min(least, edits[i - 2, j - 2] + 1) : least;
    }
}
