namespace TcpTracer.Replay.Redactions;

/// <summary>What a redacted copy keeps. Everything else is replaced, or dropped.</summary>
public sealed record RedactionPolicy
{
    private const string KeepOption = "--keep", PrivateOption = "--keep-private", ShiftOption = "--shift-time";

    /// <summary>What can be kept, by the names of the fields.</summary>
    public static IReadOnlyList<string> Names { get; } =
        ["comm", "exe", "args", "uid", "pid", "namespace", "pod", "container", "node", "service", "owner", "labels", "image"];

    /// <summary>Which of <see cref="Names"/> stay as they are.</summary>
    public IReadOnlyList<string> Kept { get; init; } = [];

    /// <summary>Whether private addresses stay recognisable as such.</summary>
    public bool KeepsPrivate { get; init; }

    /// <summary>Whether all times are shifted by a time that the key decides.</summary>
    public bool ShiftsTime { get; init; }

    /// <summary>Whether a name stays as it is.</summary>
    public bool Keeps(string name) => Kept.Contains(name);

    /// <summary>As options: what the header of the copy says.</summary>
    public string Describe()
    {
        string[] options =
        [
            Kept.Count > 0 ? $"{KeepOption} {string.Join(',', Names.Where(Keeps))}" : "",
            KeepsPrivate ? PrivateOption : "",
            ShiftsTime ? ShiftOption : "",
        ];
        return string.Join(' ', options.Where(o => o.Length > 0));
    }

    /// <summary>Reads what <see cref="Describe"/> wrote; what it does not know is not kept.</summary>
    public static RedactionPolicy Parse(string options)
    {
        string[] words = options.Split(' ');
        int keep = Array.IndexOf(words, KeepOption);
        return new RedactionPolicy
        {
            Kept = keep >= 0 && keep + 1 < words.Length ? [.. words[keep + 1].Split(',').Where(Names.Contains)] : [],
            KeepsPrivate = words.Contains(PrivateOption),
            ShiftsTime = words.Contains(ShiftOption),
        };
    }
}
