namespace TcpTracer.Cli.Sentences;

/// <summary>The trace that comes with the program, and how to call the program from where the user is: what still works where recording does not.</summary>
internal static class Example
{
    private const string Program = "tcptracer", Trace = "examples/shop.tct";

    // Beside the executable, or in the clone where the start script built it. Nowhere else: what a stranger put into a folder above is not ours
    private static readonly string[] s_rootsFromExecutable = [".", "../../../.."];

    /// <summary>As a user types it: <c>./tcptracer doctor</c> in a clone.</summary>
    public static string Call(string words) => Root is { } root ? $"{FromHere(root, Program)} {words}" : $"{Program} {words}";

    /// <summary>Shows the example, or where it is not there any trace.</summary>
    public static string Show => Call($"show {(Root is { } root ? FromHere(root, Trace) : "FILE")}");

    private static string? Root { get; } = FindRoot();

    private static string? FindRoot()
    {
        string folder = Path.GetDirectoryName(Environment.ProcessPath) ?? "/";
        return s_rootsFromExecutable.Select(r => Path.GetFullPath(Path.Combine(folder, r))).FirstOrDefault(r => File.Exists(Path.Combine(r, Program)) && File.Exists(Path.Combine(r, Trace)));
    }

    /// <summary>Relative where it lies in or below the current folder.</summary>
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
