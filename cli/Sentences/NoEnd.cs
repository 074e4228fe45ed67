using TcpTracer.Formats.Files;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Cli.Sentences;

/// <summary>Why a trace has no end record.</summary>
internal static class NoEnd
{
    /// <summary>In a few words. A recorder holds its file under a lock; of a pipe nobody knows.</summary>
    public static string Why(string file) =>
        IsBeingWritten(file) ? "its recorder is still writing" : FileFacts.Of(file) is { Kind: FileKind.Regular } ? "its recorder was killed, or could not write on" : "its recorder was killed, could not write on, or is still writing";

    /// <summary>Whether a recorder holds it.</summary>
    public static bool IsBeingWritten(string file) => FileFacts.Of(file) is { Kind: FileKind.Regular } && TraceFileSet.IsBeingWritten(file);
}
