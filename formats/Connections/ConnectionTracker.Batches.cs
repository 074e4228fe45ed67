using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Connections;

/// <content>
/// Events in batches: those of a whole end are read when it ends, if at all, and need no search. The rows are the same as with one event
/// after the other.
/// </content>
public sealed partial class ConnectionTracker
{
    private readonly IPlainConnections? _plain = next as IPlainConnections;
    private readonly bool _takesEach = next is IPlainConnections { TakesEach: true };
    private readonly ReusableArray<int> _learned = new(); // of each place that was called in a batch the latest port, inverted; 0: none
    private readonly ReusableArray<byte> _accepting = new(); // of each place whether its ends may be accepted later; 0: nobody has asked

    /// <inheritdoc/>
    public BatchParts Parts => BatchParts.Ends | (_plain is null ? BatchParts.None : BatchParts.Calls);

    /// <inheritdoc/>
    public void OnEvents(EventBatch batch)
    {
        Part(batch);
        Span<WholeEnd> ends = batch.Ends;
        ReadOnlySpan<int> endOf = batch.EndOf;
        for (int i = 0; i < endOf.Length; i++)
        {
            if (_cut.Oldest is not null)
                HandOnCut(batch.WallNsAt(i));
            ref readonly WholeEnd end = ref ends[endOf[i]];
            if (!end.IsWhole)
            {
                batch.Read(i, out TcpEvent e);
                Add(in e);
                continue;
            }
            if (end.First == i)
                Learn(batch, in end);
            if (end.Last == i)
                OnWhole(batch, in end);
        }
    }

    /// <summary>
    /// Ends do not count as whole where something may be found of them. What is known now may be gone when they begin, but nothing becomes
    /// known of them until then: in the batch nothing else has their identity or their flow.
    /// </summary>
    private void Part(EventBatch batch)
    {
        Span<WholeEnd> ends = batch.Ends;
        bool isRoomForAll = _byAge.Count + ends.Length <= limit; // nothing has to be let go meanwhile
        bool isAnySplit = false;
        _accepting.Take(batch.CalledPlaces).Clear();
        foreach (ref WholeEnd end in ends)
        {
            if (!end.IsWhole)
                continue;
            end.IsWhole = isRoomForAll && IsNew(batch, in end);
            if (end.IsPlain && !(end.IsWhole && IsReady(batch, in end)))
                isAnySplit = batch.Calls[end.Call].IsSplit = true;
        }
        _learned.Take(batch.CalledPlaces).Clear();
        if (!isAnySplit)
            return;
        foreach (ref WholeEnd end in ends)
        {
            if (end.IsPlain && batch.Calls[end.Call].IsSplit)
                end.SetNotPlain(); // the sums of its call are not those of its other ends
        }
    }

    /// <summary>Whether nothing is known of an end, nor of the other end of its connection.</summary>
    private bool IsNew(EventBatch batch, in WholeEnd end) =>
        !_ends.ContainsKey(new EndKey(end.StartNs, end.StartCpu, batch.NodeOf(in end)))
        && (end.Flow == 0 || !(_flows.ContainsKey(end.Flow) || (_flowsOfGone.Count > 0 && _flowsOfGone.Contains(end.Flow))));

    /// <summary>Whether a plain end will not wait for its other end.</summary>
    private bool IsReady(EventBatch batch, in WholeEnd end) =>
        end.Flow == 0 || (batch.WallNsAt(end.Last) < NextFileNs && (end.IsCalled || !MayBeAcceptedLater(batch, in end)));

    /// <summary>
    /// Whether the other end of a caller may be one that waits for its accept: it is at an address that accepts, as far as is known before
    /// the batch, or that has ends in it. Most addresses that are called are far away, so a rough answer will do.
    /// </summary>
    private bool MayBeAcceptedLater(EventBatch batch, in WholeEnd end)
    {
        const byte no = 1, yes = 2;
        if (CalledEnds is null || !JoinsCutEnds)
            return false;
        ref byte known = ref _accepting.All[end.Called];
        if (known == 0)
            known = batch.CalledAddressOf(in end) is var address && (CalledEnds.Accepts(address) || batch.HasEndsAt(address)) ? yes : no;
        return known == yes;
    }

    private void Learn(EventBatch batch, in WholeEnd end)
    {
        if (CalledEnds is null)
            return;
        if (!end.IsPlain)
        {
            batch.Read(end.First, out TcpEvent e);
            CalledEnds.Learn(in e);
            return;
        }
        int port = end.CalledPort;
        ref int learned = ref _learned.All[end.Called];
        if (learned == ~port)
            return;
        learned = ~port;
        CalledEnds.Learn(batch.CalledAddressOf(in end), (ushort)port, end.IsCalled);
    }

    /// <summary>A whole end has ended. Nothing will look for it, unless it has to wait for its other end.</summary>
    private void OnWhole(EventBatch batch, in WholeEnd end)
    {
        if (!end.IsPlain)
        {
            OnWholeRow(batch, in end);
            return;
        }
        HandedOn++;
        if (end.IsFirstOfCall)
            _plain!.OnCall(batch, end.Call);
        if (_takesEach)
            _plain!.OnPlain(batch, in end);
    }

    private void OnWholeRow(EventBatch batch, in WholeEnd end)
    {
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
