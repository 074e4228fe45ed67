using TcpTracer.Formats.Connections;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Tells a <see cref="ConnectionTracker"/> when the files begin that are still to be read, so that the ends of a connection may be in
/// different files.
/// </summary>
internal sealed class FilesToCome
{
    private readonly Queue<long> _beginnings;

    /// <param name="files">All files, in the order in which they are read.</param>
    public FilesToCome(IReadOnlyList<string> files) => _beginnings = new Queue<long>(
        files.Count > 1 ? files.Skip(1).Select(f => EachTrace.BeginningNs(f) ?? long.MinValue) : []);

    /// <summary>The next file is read now.</summary>
    public void Begin(ConnectionTracker tracker)
    {
        tracker.NextFileNs = _beginnings.Count > 0 ? _beginnings.Min() : long.MaxValue;
        _beginnings.TryDequeue(out _);
    }

    /// <summary>Reads the next file.</summary>
    public void Read(ConnectionTracker tracker, Stream trace, Action<Stream> read)
    {
        Begin(tracker);
        read(trace);
    }
}
