using System.Diagnostics;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// While recording, shows one line on the terminal and renews it once a second. It shows nothing if stderr is no terminal, or if the
/// command or the printed events write to the same terminal.
/// </summary>
internal sealed class Progress(bool wanted, Func<string> state, IEventSink next) : PassingSink(next)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private readonly bool _shown = wanted && Messages.HasTerminal;

    private long _last = Stopwatch.GetTimestamp();

    public override void OnPause()
    {
        base.OnPause();
        if (!_shown || Stopwatch.GetElapsedTime(_last) < s_period)
            return;
        _last = Stopwatch.GetTimestamp();
        Messages.Transient(state());
    }
}
