using System.Diagnostics;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>
/// Brings the events of many nodes into the order of wall time, as far as they come within a time. An event waits until that time has
/// passed since it came; what is older goes with it. The clock of this machine counts only how long events wait, so it may be wrong. Any
/// thread may add; one runs it.
/// </summary>
/// <param name="delay">How long an event waits.</param>
/// <param name="next">Gets them in order.</param>
internal sealed class MergeWindow(TimeSpan delay, IEventSink next)
{
    /// <summary>Beyond it the oldest event goes at once. Beyond twice as many, whoever adds has to wait.</summary>
    private const int MostHeld = 1 << 17;

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(50);
    private readonly object _lock = new();
    private readonly PriorityQueue<Held, (long Ns, long Number)> _held = new();
    private readonly Queue<(long At, long Ns)> _arrivals = new();
    private long _number, _dueNs = long.MinValue, _lastNs = long.MinValue;
    private bool _isOver;

    private sealed record Held(TcpEvent Event, LossRecord? Loss);

    /// <summary>Events that came too late for their place.</summary>
    public long Late { get; private set; }

    /// <summary>Takes an event.</summary>
    public void Add(in TcpEvent e) => Add(new Held(e, null), e.WallNs);

    /// <summary>Takes a loss.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="wallNs">When it ended, in nanoseconds since 1970.</param>
    public void Add(in LossRecord loss, long wallNs) => Add(new Held(default, loss), wallNs);

    private void Add(Held held, long wallNs)
    {
        lock (_lock)
        {
            while (_held.Count >= 2 * MostHeld && !_isOver)
                Monitor.Wait(_lock);
            if (_isOver)
                return;
            _held.Enqueue(held, (wallNs, _number++));
            _arrivals.Enqueue((Stopwatch.GetTimestamp(), wallNs));
        }
    }

    /// <summary>Hands events on until nobody wants more.</summary>
    /// <param name="isOver">Whether it is over; then what waits is handed on as well.</param>
    /// <param name="end">Ends whoever adds.</param>
    public void Run(Func<bool> isOver, Action end)
    {
        try
        {
            while (!isOver())
            {
                HandOn(all: false);
                Thread.Sleep(s_period);
            }
            Task ending = Task.Run(end); // meanwhile whoever adds may wait for us
            while (!ending.Wait(s_period))
                HandOn(all: true);
            HandOn(all: true);
        }
        finally
        {
            lock (_lock)
            {
                _isOver = true;
                Monitor.PulseAll(_lock);
            }
        }
    }

    private void HandOn(bool all)
    {
        List<(Held Held, long Ns)> due = [];
        lock (_lock)
        {
            while (_arrivals.TryPeek(out var first) && Stopwatch.GetElapsedTime(first.At) >= delay)
                _dueNs = Math.Max(_dueNs, _arrivals.Dequeue().Ns);
            while (_held.TryPeek(out Held? held, out var at) && (all || at.Ns <= _dueNs || _held.Count > MostHeld))
            {
                _held.Dequeue();
                due.Add((held, at.Ns));
            }
            Monitor.PulseAll(_lock);
        }
        foreach ((Held held, long ns) in due)
            HandOn(held, ns);
        next.OnPause();
    }

    private void HandOn(Held held, long ns)
    {
        if (held.Loss is { } loss)
        {
            next.OnLoss(in loss);
            return;
        }
        if (ns < _lastNs)
            Late++;
        _lastNs = Math.Max(_lastNs, ns);
        TcpEvent e = held.Event;
        next.OnEvent(in e);
    }
}
