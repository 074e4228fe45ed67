namespace TcpTracer.Formats.Files;

/// <summary>
/// Finds programs as a shell does. .NET would first try the folder of our executable and the working directory, where anybody may have put
/// a file of that name.
/// </summary>
public static class SearchPath
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The first executable file of that name in a folder of PATH; null: there is none.</summary>
    public static string? Find(string name) => name.Length == 0
        ? null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(f => Path.Combine(f, name)).FirstOrDefault(IsExecutable);

    /// <summary>Whether this is a file that any user may execute.</summary>
    public static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & AnyExecute) != 0;
}
