using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Streams;

/// <summary>
/// Room on the disk for what does not fit into memory, or can be read only once: a file in TMPDIR that has lost its name. Whoever may read
/// the trace may not read it, and it is gone with the process.
/// </summary>
public static class UnnamedFile
{
    /// <summary>Makes one. It is not buffered.</summary>
    /// <returns>The file, which the caller disposes of.</returns>
    public static FileStream Open()
    {
        string path = Path.Combine(Path.GetTempPath(), $"tcptracer-{RandomId.New():n}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        File.Delete(path);
        return file;
    }
}
