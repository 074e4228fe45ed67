using System.Globalization;
using System.Text.RegularExpressions;

namespace TcpTracer.Formats.TraceFile;

/// <summary>The files of one recording, and how they are named.</summary>
public static partial class TraceFileSet
{
    /// <summary>trace.tct becomes trace-20261123T144655Z-0001.tct: names that sort by time.</summary>
    public static string NameInSet(string path, long wallNs, int number)
    {
        DateTime time = DateTime.UnixEpoch.AddTicks(wallNs / TimeSpan.NanosecondsPerTick);
        string name = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(path)}-{time:yyyyMMdd'T'HHmmss'Z'}-{number:0000}{Path.GetExtension(path)}");
        return Path.Combine(Path.GetDirectoryName(path) ?? "", name);
    }

    /// <summary>The files of the set that <paramref name="path"/> names, oldest first; those of earlier runs, too.</summary>
    public static IReadOnlyList<string> InSet(string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string stem = Path.GetFileNameWithoutExtension(path), extension = Path.GetExtension(path);
        return [.. Directory.EnumerateFiles(folder)
            .Where(f => Path.GetFileName(f) is var name && name.StartsWith(stem, StringComparison.Ordinal) && name.EndsWith(extension, StringComparison.Ordinal)
                && name.Length > stem.Length + extension.Length && Suffix().IsMatch(name[stem.Length..(name.Length - extension.Length)]))
            .Order(StringComparer.Ordinal)];
    }

    [GeneratedRegex(@"^-\d{8}T\d{6}Z-\d{4,}$")]
    private static partial Regex Suffix();
}
