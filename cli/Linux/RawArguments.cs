using System.Text;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// The arguments as they were given. .NET replaces bytes that are not UTF-8 by U+FFFD, and a file of that name is not found. Here they are
/// kept, as <see cref="FileNames"/> keeps them.
/// </summary>
internal static class RawArguments
{
    private const char Replacement = '\ufffd';

    /// <summary>Whether it is valid UTF-8, so that .NET can pass it on to a program.</summary>
    public static bool IsText(string argument) => FileNames.IsUtf8(argument);

    /// <summary>The arguments with all their bytes. If /proc is not mounted, they stay as .NET gives them.</summary>
    public static string[] Of(string[] arguments)
    {
        if (!arguments.Any(a => a.Contains(Replacement)))
            return arguments;
        try
        {
            string[] all = [.. Split(File.ReadAllBytes("/proc/self/cmdline"))];
            string[] raw = all[^Math.Min(arguments.Length, all.Length)..];
            return raw.Select(Text).SequenceEqual(arguments) ? raw : arguments;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return arguments;
        }
    }

    /// <summary>The argument as .NET gives it, to check that both are the same.</summary>
    private static string Text(string raw) => Encoding.UTF8.GetString(FileNames.ToBytes(raw));

    /// <summary>Splits a command line in which a zero ends each argument.</summary>
    private static IEnumerable<string> Split(byte[] line)
    {
        for (int start = 0; start < line.Length;)
        {
            int end = Array.IndexOf(line, (byte)0, start);
            yield return FileNames.FromBytes(line.AsSpan(start..(end < 0 ? line.Length : end)));
            start = end < 0 ? line.Length : end + 1;
        }
    }
}
