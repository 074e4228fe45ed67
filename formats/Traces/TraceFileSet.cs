using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Files;

namespace TcpTracer.Formats.Traces;

/// <summary>Names, finds, creates and deletes the files of a set: the files of one recording with rotation.</summary>
public static partial class TraceFileSet
{
    /// <summary>The name of a file in a set: trace.tct becomes trace-20261123T144655Z-0001.tct, so that names sort by time.</summary>
    /// <param name="path">The name of the set.</param>
    /// <param name="wallNs">When the file begins, in nanoseconds since 1970.</param>
    /// <param name="number">The number of the file in its run.</param>
    public static string NameInSet(string path, long wallNs, int number)
    {
        DateTime time = DateTime.UnixEpoch.AddTicks(wallNs / TimeSpan.NanosecondsPerTick);
        string stem = Path.GetFileNameWithoutExtension(path), extension = Path.GetExtension(path);
        string name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{time:yyyyMMdd'T'HHmmss'Z'}-{number:0000}{extension}");
        return Path.Combine(Path.GetDirectoryName(path) ?? "", name);
    }

    /// <summary>Creates the next file of a set. It skips names that an earlier run has taken.</summary>
    /// <param name="path">The name of the set.</param>
    /// <param name="wallNs">When the file begins, in nanoseconds since 1970.</param>
    /// <param name="number">The number of the last file; it becomes that of the new one.</param>
    /// <returns>The new file, which the caller disposes of.</returns>
    /// <exception cref="OutputException">It cannot be created.</exception>
    public static TraceOutput Begin(string path, long wallNs, ref int number)
    {
        while (true)
        {
            try
            {
                return TraceOutput.Begin(NameInSet(path, wallNs, ++number), IfExists.Refuse);
            }
            catch (OutputException e) when (e.Fault == OutputFault.Exists)
            {
                // the name is taken: try the next number
            }
        }
    }

    /// <summary>The full paths of the files of a set, sorted by name; files of earlier runs are among them.</summary>
    /// <param name="path">The name of the set.</param>
    public static IReadOnlyList<string> InSet(string path)
    {
        string folder = OutputPlace.DirectoryOf(path);
        string stem = Path.GetFileNameWithoutExtension(path), extension = Path.GetExtension(path);
        try
        {
            return
            [
                .. Directory.EnumerateFiles(Path.GetFullPath(folder))
                    .Where(f => IsInSet(Path.GetFileName(f), stem, extension)).Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // a directory may be writable, but not readable
        }
    }

    private static bool IsInSet(string name, string stem, string extension) =>
        name.StartsWith(stem, StringComparison.Ordinal) && name.EndsWith(extension, StringComparison.Ordinal)
        && name.Length > stem.Length + extension.Length && Suffix().IsMatch(name[stem.Length..(name.Length - extension.Length)]);

    /// <summary>Deletes a file. A missing file is no error.</summary>
    /// <exception cref="IOException">The kernel refuses; the message says why.</exception>
    public static void Delete(string file)
    {
        if (OutputPlace.Remove(file) is not 0 and var error)
            throw new IOException(Marshal.GetPInvokeErrorMessage(error).ToLowerInvariant(), error);
    }

    /// <summary>Whether a recorder holds the lock of a file.</summary>
    public static bool IsBeingWritten(string file) => OpenFile.IsLocked(file);

    /// <summary>The same for a file that is open, and may have no name any more.</summary>
    public static bool IsBeingWritten(SafeFileHandle file) => OpenFile.IsLocked(file);

    /// <summary>
    /// Checks that no other recorder writes a set. A recorder always holds the lock of its newest file, even if that file is complete and
    /// the next one has not begun.
    /// </summary>
    /// <param name="path">The name of the set.</param>
    /// <param name="except">The caller's own file, or null.</param>
    /// <exception cref="OutputException">Another recorder writes the set, or it cannot have this name.</exception>
    public static void Require(string path, string? except = null)
    {
        OutputPlace.CheckSetName(path);
        string? own = except is null ? null : Path.GetFullPath(except);
        if (InSet(path).Any(f => f != own && IsBeingWritten(f)))
            throw new OutputException(path, OutputFault.Locked);
    }

    /// <summary>The name of the set that a file belongs to, from its own name; null: it belongs to none.</summary>
    public static string? SetOf(string file)
    {
        string stem = Path.GetFileNameWithoutExtension(file);
        if (SuffixOf().Match(stem) is not { Success: true, Index: > 0 } suffix)
            return null;
        return Path.Combine(Path.GetDirectoryName(file) ?? "", stem[..suffix.Index] + Path.GetExtension(file));
    }

    /// <summary>The number of a file in its run; 0: its name has none.</summary>
    internal static long NumberOf(string file)
    {
        string stem = Path.GetFileNameWithoutExtension(file);
        string digits = stem[(stem.LastIndexOf('-') + 1)..];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
    }

    [GeneratedRegex(@"^-\d{8}T\d{6}Z-\d{4,}$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"-\d{8}T\d{6}Z-\d{4,}$")]
    private static partial Regex SuffixOf();
}
