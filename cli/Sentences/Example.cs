namespace TcpTracer.Cli.Sentences;

/// <summary>
/// The example trace, and how to call this program from the current folder: for messages where recording is not possible.
/// </summary>
internal static class Example
{
    private const string Program = "tcptracer", Trace = "examples/shop.tct";

    // Beside the executable, or in the clone where the start script built it. Files in other folders may be a stranger's
    private static readonly string[] s_rootsFromExecutable = [".", "../../../.."];

    /// <summary>As a user types it: <c>./tcptracer doctor</c> in a clone.</summary>
    public static string Call(string words) => Root is { } root ? $"{FromHere(root, Program)} {words}" : $"{Program} {words}";

    /// <summary>A command that shows the example trace; where that does not exist, with the word FILE.</summary>
    public static string Show => Call($"show {(Root is { } root ? FromHere(root, Trace) : "FILE")}");

    private static string? Root { get; } = FindRoot();

    private static string? FindRoot()
    {
        string folder = Path.GetDirectoryName(Environment.ProcessPath) ?? "/";
        return s_rootsFromExecutable.Select(r => Path.GetFullPath(Path.Combine(folder, r)))
            .FirstOrDefault(r => File.Exists(Path.Combine(r, Program)) && File.Exists(Path.Combine(r, Trace)));
    }

    /// <summary>A path that is relative if the file lies in or below the current folder.</summary>
    private static string FromHere(string root, string file)
    {
        string path = Path.Combine(root, file);
        try
        {
            string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), path);
            return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative == Program ? "./" + relative : relative;
        }
        catch (IOException)
        {
            return path; // the current folder is gone
        }
    }
}
