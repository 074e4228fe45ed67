namespace TcpTracer.Cli.Handlers;

/// <summary>Makes the files that traces go into.</summary>
internal static class TraceOutput
{
    /// <summary>A new file. A trace tells who talks to whom: it is for its owner only.</summary>
    public static FileStream Create(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        Share = FileShare.Read,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });
}
