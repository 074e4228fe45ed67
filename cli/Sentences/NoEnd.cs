using TcpTracer.Formats.Files;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Cli.Sentences;

/// <summary>Why a trace has no end record.</summary>
internal static class NoEnd
{
    /// <summary>In a few words. A recorder holds a lock on its file while it writes; for a pipe we cannot tell.</summary>
    public static string Why(string file)
    {
        if (IsBeingWritten(file))
            return "its recorder is still writing";
        return IsFile(file) ? "its recorder was killed, or could not write on"
            : "its recorder was killed, could not write on, or is still writing";
    }

    /// <summary>Whether a recorder holds the lock on the file.</summary>
    public static bool IsBeingWritten(string file) => IsFile(file) && TraceFileSet.IsBeingWritten(file);

    private static bool IsFile(string path) => FileFacts.Of(path) is { Kind: FileKind.Regular };
}
