using System.Text;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// The arguments as they were given. .NET makes U+FFFD of what is not UTF-8 in them, under which no file is found; here it is what <see cref="FileNames"/> makes of it.
/// </summary>
internal static class RawArguments
{
    private const char Replacement = '\ufffd';

    /// <summary>Whether it is text for .NET, and for every program that it starts.</summary>
    public static bool IsText(string argument) => FileNames.IsUtf8(argument);

    /// <summary>The same arguments. Where /proc is not mounted, nobody knows what they were.</summary>
    public static string[] Of(string[] arguments)
    {
        if (!arguments.Any(a => a.Contains(Replacement)))
            return arguments;
        try
        {
            string[] all = [.. Split(File.ReadAllBytes("/proc/self/cmdline"))];
            return all.Length >= arguments.Length && all[^arguments.Length..] is var raw && raw.Select(Text).SequenceEqual(arguments) ? raw : arguments;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return arguments;
        }
    }

    /// <summary>What .NET makes of it, by which it is seen that these are the same.</summary>
    private static string Text(string raw) => Encoding.UTF8.GetString(FileNames.ToBytes(raw));

    /// <summary>Each ends with a zero.</summary>
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
