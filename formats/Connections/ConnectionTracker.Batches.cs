using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Formats.Connections;

/// <content>
/// Events in batches: those of a whole end are read when it ends, if at all, and need no search. The rows are the same as with one event
/// after the other.
/// </content>
public sealed partial class ConnectionTracker
{
    private readonly IPlainConnections? _plain = next as IPlainConnections;

    /// <inheritdoc/>
    public BatchParts Parts => BatchParts.Ends | (_plain is null ? BatchParts.None : BatchParts.Calls);

    /// <inheritdoc/>
    public void OnEvents(EventBatch batch)
    {
        Span<WholeEnd> ends = batch.Ends;
        ReadOnlySpan<int> endOf = batch.EndOf;
        bool isRoomForAll = _byAge.Count + ends.Length <= limit; // nothing has to be let go meanwhile
        for (int i = 0; i < endOf.Length; i++)
        {
            if (_cut.Oldest is not null)
                HandOnCut(batch.WallNsAt(i));
            ref WholeEnd end = ref ends[endOf[i]];
            if (end.IsWhole && end.First == i)
                Begin(batch, ref end, isRoomForAll);
            if (!end.IsWhole)
            {
                batch.Read(i, out TcpEvent e);
                Add(in e);
            }
            else if (end.Last == i)
            {
                OnWhole(batch, in end);
            }
        }
    }

    /// <summary>A whole end begins. It does not count as one where there may be something to be found of it.</summary>
    private void Begin(EventBatch batch, ref WholeEnd end, bool isRoomForAll)
    {
        end.IsWhole = isRoomForAll && !_ends.ContainsKey(new EndKey(end.StartNs, end.StartCpu, batch.NodeOf(in end)))
            && (end.Flow == 0 || !(_flows.ContainsKey(end.Flow) || (_flowsOfGone.Count > 0 && _flowsOfGone.Contains(end.Flow))));
        if (!end.IsWhole || CalledEnds is null)
            return;
        if (end.IsPlain)
        {
            CalledEnds.Learn(batch.CalledAddressOf(in end), batch.Calls[end.Call].Port);
            return;
        }
        batch.Read(end.First, out TcpEvent e);
        CalledEnds.Learn(in e);
    }

    /// <summary>A whole end has ended. Nothing will look for it, unless it has to wait for its other end.</summary>
    private void OnWhole(EventBatch batch, in WholeEnd end)
    {
        if (end.IsPlain && _plain is not null && (end.Flow == 0 || batch.WallNsAt(end.Last) < NextFileNs))
        {
            HandedOn++;
            _plain.OnPlain(batch, in end);
            return;
        }
        batch.Read(end.First, out TcpEvent e);
        ConnectionEnd made = NewEnd(in e);
        if (end.Last != end.First)
        {
            batch.Read(end.Last, out e);
            made.Add(in e);
        }
        Connection connection = made.Connection;
        if (WaitOf(connection) == ConnectionWait.Nothing)
        {
            Pass(connection);
            return;
        }
        _ends.Add(EndKey.Of(in made.Opening), made);
        _byAge.Add(connection);
        JoinByFlow(made);
        OnEnded(connection);
    }
}
