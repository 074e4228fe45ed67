using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using TcpTracer.Formats.Files;

namespace TcpTracer.Formats.Traces;

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

    /// <summary>Begins the next file of a set. A name that an earlier run has taken is passed over.</summary>
    /// <param name="path">Names the set.</param>
    /// <param name="wallNs">When it begins.</param>
    /// <param name="number">Of the file before; becomes this one's.</param>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public static TraceOutput Begin(string path, long wallNs, ref int number)
    {
        while (true)
        {
            try
            {
                return TraceOutput.Begin(NameInSet(path, wallNs, ++number), WhenThere.Refuse);
            }
            catch (OutputException e) when (e.Fault == OutputFault.Exists)
            {
                // the next, then
            }
        }
    }

    /// <summary>The files of the set that <paramref name="path"/> names, by name; those of earlier runs, too.</summary>
    public static IReadOnlyList<string> InSet(string path)
    {
        string folder = OutputPlace.DirectoryOf(path);
        string stem = Path.GetFileNameWithoutExtension(path), extension = Path.GetExtension(path);
        try
        {
            return [.. Directory.EnumerateFiles(Path.GetFullPath(folder))
                .Where(f => Path.GetFileName(f) is var name && name.StartsWith(stem, StringComparison.Ordinal) && name.EndsWith(extension, StringComparison.Ordinal)
                    && name.Length > stem.Length + extension.Length && Suffix().IsMatch(name[stem.Length..(name.Length - extension.Length)]))
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // a directory that may be written, but not listed
        }
    }

    /// <summary>Deletes a file.</summary>
    /// <exception cref="IOException">The system refuses, and says why.</exception>
    public static void Delete(string file)
    {
        if (OutputPlace.Remove(file) is not 0 and var error)
            throw new IOException(Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant(), error);
    }

    /// <summary>Whether a recorder has it under its lock.</summary>
    public static bool IsBeingWritten(string file) => OpenFile.IsLocked(file);

    /// <summary>
    /// A set is one recorder's: the newest file of it is always locked, also when it is sealed and the next has not begun.
    /// </summary>
    /// <param name="path">Names the set.</param>
    /// <param name="except">One's own file.</param>
    /// <exception cref="OutputException">Another recorder writes it, or there can be no such set.</exception>
    public static void Require(string path, string? except = null)
    {
        OutputPlace.CheckSetName(path);
        string? own = except is null ? null : Path.GetFullPath(except);
        if (InSet(path).Any(f => f != own && IsBeingWritten(f)))
            throw new OutputException(path, OutputFault.Locked);
    }

    /// <summary>The name of the set to which a file belongs, by its own name; null: to none.</summary>
    public static string? SetOf(string file)
    {
        string stem = Path.GetFileNameWithoutExtension(file);
        return SuffixOf().Match(stem) is { Success: true, Index: > 0 } suffix ? Path.Combine(Path.GetDirectoryName(file) ?? "", stem[..suffix.Index] + Path.GetExtension(file)) : null;
    }

    /// <summary>A file's number in its run.</summary>
    internal static long NumberOf(string file)
    {
        string stem = Path.GetFileNameWithoutExtension(file);
        return long.TryParse(stem[(stem.LastIndexOf('-') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
    }

    [GeneratedRegex(@"^-\d{8}T\d{6}Z-\d{4,}$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"-\d{8}T\d{6}Z-\d{4,}$")]
    private static partial Regex SuffixOf();
}
