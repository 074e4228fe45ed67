namespace TcpTracer.Formats.Pipeline;

/// <summary>Which of the known names was probably meant.</summary>
public static class NearestName
{
    /// <summary>The name with the fewest edits from <paramref name="wrong"/>; null if none is near.</summary>
    public static string? Of(string wrong, IEnumerable<string> known)
    {
        (string Name, int Distance)? best = null;
        foreach (string name in known)
        {
            int distance = Distance(wrong.ToLowerInvariant(), name.ToLowerInvariant());
            if (best is null || distance < best.Value.Distance)
                best = (name, distance);
        }
        return best is { } b && b.Distance <= Math.Max(2, wrong.Length / 2) ? b.Name : null;
    }

    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[b.Length];
    }
}
