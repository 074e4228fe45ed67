namespace TcpTracer.Formats.Files;

/// <summary>
/// Finds programs as a shell does. .NET would first take a file of that name beside our executable or in the working directory, whoever put
/// it there.
/// </summary>
public static class SearchPath
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The first of that name in a folder of PATH; null: there is none.</summary>
    public static string? Find(string name) => name.Length == 0
        ? null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(f => Path.Combine(f, name)).FirstOrDefault(IsExecutable);

    /// <summary>Whether it is a file that somebody may execute.</summary>
    public static bool IsExecutable(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & AnyExecute) != 0;
}
