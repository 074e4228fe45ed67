using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Formats.Connections;

/// <summary>
/// Hands rows of connections to a sink on another thread, one after the other in their order, while the next connections are gathered. It
/// takes many at a time, because each hand-over costs as much as some rows.
/// </summary>
/// <param name="next">Gets the rows.</param>
internal sealed class RowsApart(IEventSink next)
{
    private const int MostWaiting = 1024;
    private List<Connection> _waiting = new(MostWaiting), _inWork = new(MostWaiting);
    private Task _work = Task.CompletedTask;

    /// <summary>Whether <see cref="Start"/> is to be called.</summary>
    public bool IsFull => _waiting.Count >= MostWaiting;

    /// <summary>Adds a connection, which belongs to the other thread from now on.</summary>
    public void Add(Connection connection) => _waiting.Add(connection);

    /// <summary>Starts to hand on what was added, as soon as what was started before is done.</summary>
    /// <returns>The connections whose rows the sink has taken.</returns>
    public List<Connection> Start()
    {
        _work.GetAwaiter().GetResult();
        List<Connection> started = _waiting, done = _inWork;
        (_waiting, _inWork) = (done, started);
        _work = Task.Run(() => HandOn(started));
        return done;
    }

    /// <summary>Hands on everything, and waits for it.</summary>
    public void Finish()
    {
        _work.GetAwaiter().GetResult();
        HandOn(_waiting);
        _waiting.Clear();
    }

    private void HandOn(List<Connection> connections)
    {
        foreach (Connection connection in connections)
        {
            TcpEvent row = connection.ToRow();
            next.OnEvent(in row);
        }
    }
}
