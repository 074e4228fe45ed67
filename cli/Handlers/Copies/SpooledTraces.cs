using TcpTracer.Formats.Files;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Handlers.Copies;

/// <summary>Traces that are read twice. What comes through a pipe is put into a file without a name.</summary>
internal sealed class SpooledTraces : IDisposable
{
    private readonly List<FileStream> _files = [];

    /// <summary>The same trace, as a file if it can be read only once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="trace">At its beginning.</param>
    /// <param name="again">Opens it again, once the first reading is over.</param>
    public Stream Keep(string name, Stream trace, out Func<Stream> again)
    {
        again = () => TraceFiles.Open(name);
        if (name != "-" && FileFacts.Of(name) is { Kind: FileKind.Regular })
            return trace;
        FileStream file = UnnamedFile.Open();
        _files.Add(file);
        trace.CopyTo(file);
        file.Position = 0;
        again = () =>
        {
            file.Position = 0;
            return file;
        };
        return file;
    }

    public void Dispose() => _files.ForEach(f => f.Dispose());
}
