using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>Finds the plain ones among the whole ends of a batch, and reads their numbers, column by column.</summary>
internal sealed class PlainEnds
{
    private readonly ReusableArray<int> _plain = new(), _lastRows = new();
    private readonly ReusableArray<long> _ports = new(), _sent = new(), _received = new(), _retransmits = new();
    private readonly CallFinder _calls = new();

    /// <summary>Fills the plain ends of a batch.</summary>
    /// <param name="batch">The batch, whose ends are found.</param>
    /// <param name="openings">The opening of each end.</param>
    public void Fill(BlockBatch batch, ReadOnlySpan<int> openings)
    {
        EventBlock block = batch.Block;
        Span<WholeEnd> ends = batch.Ends;
        ReadOnlySpan<int> rows = batch.Rows, plain = Find(batch);
        ReadOnlySpan<long> sent = Read(block, EventColumn.Sent, _sent), received = Read(block, EventColumn.Received, _received),
            retransmits = Read(block, EventColumn.Retransmits, _retransmits);
        Span<long> ports = _ports.Take(block.Openings);
        block.ReadOfOpenings(EventColumn.Port, ports);
        _calls.Begin(batch);
        for (int i = 0; i < plain.Length; i++)
        {
            ref WholeEnd end = ref ends[plain[i]];
            int opening = openings[plain[i]], first = rows[end.First];
            KindKey kind = block.Kinds[block.KindOfRow[first]];
            end.IsCalled = kind.Operation == Operation.Accept;
            end.IsTimed = (kind.Flags & EventFlags.Untimed) == 0;
            long age = unchecked(block.TimestampOf(first) - end.StartNs);
            end.AgeNs = (ulong)Math.Max(0, age);
            end.StartWallNs = unchecked(block.WallNs(first) - age);
            end.Remote = block.RemoteOfOpening[opening];
            end.Call = _calls.Find(in end, unchecked((ushort)ports[opening]));
            ref BatchCall call = ref batch.Calls[end.Call];
            end.CalledPort = call.Port;
            Add(ref call, in end);
            if (call.Ends == 1 || end.Last < ends[call.FirstToEnd].Last)
                call.FirstToEnd = plain[i];
            if (block.IsCountedEnd(block.KindOfRow[rows[end.Last]]))
                Add(ref call, in end, unchecked((ulong)sent[i]), unchecked((ulong)received[i]), unchecked((uint)retransmits[i]));
        }
        FinishCalls(batch, plain);
    }

    private static void Add(ref BatchCall call, in WholeEnd end)
    {
        call.Ends++;
        call.Timed += end.IsTimed ? 1 : 0;
        call.Flowless += end.Flow == 0 ? 1 : 0;
        (call.FirstNs, call.LastNs) = (Math.Min(call.FirstNs, end.StartWallNs), Math.Max(call.LastNs, end.StartWallNs));
    }

    private static void Add(ref BatchCall call, in WholeEnd end, ulong sent, ulong received, uint retransmits)
    {
        call.Counted++;
        call.Retransmits += retransmits;
        (ulong there, ulong back) = end.IsCalled ? (received, sent) : (sent, received);
        (call.BytesThere, call.BytesBack) = (call.BytesThere + there, call.BytesBack + back);
    }

    /// <summary>Puts the times of a call side by side, and marks its first end.</summary>
    private static void FinishCalls(BlockBatch batch, ReadOnlySpan<int> plain)
    {
        Span<BatchCall> calls = batch.Calls;
        Span<ulong> ages = batch.TakeAges(plain.Length);
        int begin = 0;
        foreach (ref BatchCall call in calls)
        {
            batch.Ends[call.FirstToEnd].IsFirstOfCall = true;
            begin += call.Timed;
            call.Ages = begin;
        }
        ReadOnlySpan<WholeEnd> ends = batch.Ends;
        foreach (int i in plain)
        {
            ref readonly WholeEnd end = ref ends[i];
            if (end.IsTimed)
                ages[--calls[end.Call].Ages] = end.AgeNs;
        }
    }

    private ReadOnlySpan<int> Find(BlockBatch batch)
    {
        EventBlock block = batch.Block;
        ReadOnlySpan<int> rows = batch.Rows, kindOfRow = block.KindOfRow;
        ReadOnlySpan<KindKey> kinds = block.Kinds;
        ReadOnlySpan<WholeEnd> ends = batch.Ends;
        Span<int> plain = _plain.Take(ends.Length), lastRows = _lastRows.Take(ends.Length);
        int count = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            ref readonly WholeEnd end = ref ends[i];
            ref readonly KindKey first = ref kinds[kindOfRow[rows[end.First]]], last = ref kinds[kindOfRow[rows[end.Last]]];
            bool isPlain = end.IsWhole && first.Operation is (Operation.Connect or Operation.Accept)
                && last.Operation == Operation.Close && !ConnectionEnd.IsBreak(last.Reason);
            plain[count] = i;
            lastRows[count] = rows[end.Last];
            count += isPlain ? 1 : 0;
        }
        _lastRows.Take(count);
        return plain[..count];
    }

    private ReadOnlySpan<long> Read(EventBlock block, EventColumn column, ReusableArray<long> into)
    {
        Span<long> values = into.Take(_lastRows.Span.Length);
        block.ReadOfRows(column, _lastRows.Span, values);
        return values;
    }
}
