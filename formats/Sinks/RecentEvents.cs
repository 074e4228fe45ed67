using TcpTracer.Formats.Events;

namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Knows the last events of one host, so that an event that comes twice counts once: a stream that broke is taken up again a little
/// earlier.
/// </summary>
/// <param name="spanNs">How long an event is known, in nanoseconds of the events' own time.</param>
public sealed class RecentEvents(long spanNs)
{
    private const int Most = 1 << 20;

    private readonly HashSet<Identity> _known = [];
    private readonly Queue<Identity> _byAge = new();
    private long _newestNs = long.MinValue;

    // Of one connection, no two events of a kind have the same nanosecond. The hash of a record struct is seeded for each process
    private readonly record struct Identity(long TimestampNs, long StartNs, uint StartCpu, Operation Operation);

    /// <summary>Remembers an event.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(in TcpEvent e)
    {
        var identity = new Identity(e.TimestampNs, e.StartNs, e.StartCpu, e.Operation);
        if (!_known.Add(identity))
            return false;
        _byAge.Enqueue(identity);
        _newestNs = Math.Max(_newestNs, e.TimestampNs);
        while (_byAge.Count > Most || _byAge.Peek().TimestampNs < _newestNs - spanNs * 2)
            _known.Remove(_byAge.Dequeue());
        return true;
    }
}
