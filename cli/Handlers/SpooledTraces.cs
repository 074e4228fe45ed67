using TcpTracer.Formats.Files;
using TcpTracer.Replay.Files;

namespace TcpTracer.Cli.Handlers;

/// <summary>Traces that are read twice. What comes through a pipe is put into a file without a name.</summary>
internal sealed class SpooledTraces : IDisposable
{
    private readonly Dictionary<string, FileStream> _files = [];

    /// <summary>The same trace, as a file if it can be read only once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="trace">At its beginning.</param>
    public Stream Keep(string name, Stream trace)
    {
        if (name != "-" && FileFacts.Of(name) is { Kind: FileKind.Regular })
            return trace;
        FileStream file = UnnamedFile.Open();
        _files[name] = file;
        trace.CopyTo(file);
        file.Position = 0;
        return file;
    }

    /// <summary>Opens it again.</summary>
    public Stream Open(string name)
    {
        if (!_files.Remove(name, out FileStream? file))
            return TraceFiles.Open(name);
        file.Position = 0;
        return file;
    }

    public void Dispose()
    {
        foreach (FileStream file in _files.Values)
            file.Dispose();
    }
}
