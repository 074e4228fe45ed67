using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Connections;

/// <content>Events in batches: the events of a whole end need no search. The rows are the same as with one event after the other.</content>
public sealed partial class ConnectionTracker
{
    private readonly ReusableArray<ConnectionEnd> _begun = new(); // whole ends, at the places of their first events

    /// <inheritdoc/>
    public void OnEvents(EventBatch batch)
    {
        bool isRoomForAll = _byAge.Count + batch.Ends <= limit; // nothing has to be let go meanwhile
        Span<ConnectionEnd> begun = _begun.Take(batch.Count);
        for (int i = 0; i < batch.Count; i++)
        {
            batch.Read(i, out TcpEvent e);
            int first = batch.FirstOf(i);
            if (first == i && !(isRoomForAll && IsNew(in e)))
            {
                batch.Part(i);
                first = -1;
            }
            if (first < 0)
            {
                OnEvent(in e);
                continue;
            }
            See(in e);
            if (first == i)
            {
                CalledEnds?.Learn(in e);
                begun[i] = NewEnd(in e);
            }
            else if (e.IsLast)
                begun[first].Add(in e);
            if (e.IsLast)
                OnWhole(begun[first]);
        }
    }

    /// <summary>Whether nothing is known of an event's end, nor of the other end of its connection.</summary>
    private bool IsNew(in TcpEvent e) => !_ends.ContainsKey(EndKey.Of(in e))
        && (e.Flow == 0 || !(_flows.ContainsKey(e.Flow) || (_flowsOfGone.Count > 0 && _flowsOfGone.Contains(e.Flow))));

    /// <summary>A whole end has ended. Nothing will look for it, unless it has to wait for its other end.</summary>
    private void OnWhole(ConnectionEnd end)
    {
        Connection connection = end.Connection;
        if (WaitOf(connection) == ConnectionWait.Nothing)
        {
            Pass(connection);
            return;
        }
        _ends.Add(EndKey.Of(in end.Opening), end);
        _byAge.Add(connection);
        JoinByFlow(end);
        OnEnded(connection);
    }
}
