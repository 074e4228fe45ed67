using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// While a trace is read, shows on the terminal how far that is. It begins after a second, is renewed once a second, and is gone when the
/// trace has been read. It shows nothing if stderr is no terminal.
/// </summary>
internal sealed class ReadingProgress : IDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private bool _isOver, _isShown;

    private ReadingProgress(string file, Stream trace) => _timer = new Timer(_ => Show(file, trace), null, s_period, s_period);

    /// <summary>Begins to watch.</summary>
    /// <param name="file">The name of the trace.</param>
    /// <param name="trace">It must not be closed before this object.</param>
    /// <param name="isPrinting">Whether rows are printed meanwhile: between them on a terminal there is no room for this line.</param>
    /// <returns>null: there is no terminal for it.</returns>
    public static ReadingProgress? Begin(string file, Stream trace, bool isPrinting) =>
        Messages.HasTerminal && (!isPrinting || Console.IsOutputRedirected) ? new ReadingProgress(file, trace) : null;

    private void Show(string file, Stream trace)
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            _isShown = true;
            Sentence name = Messages.Input(file);
            if (trace is { CanSeek: true, Length: > 0 and var length })
                Messages.Transient($"reading {name}: {Messages.Size(trace.Position)} of {Messages.Size(length)}");
            else
                Messages.Transient($"reading {name}");
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _isOver = true;
        _timer.Dispose();
        if (_isShown)
            Messages.ClearTransient();
    }
}
