using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Finds the ends of connections in a batch, and which of them are whole. One object serves one thread for batch after batch.
/// </summary>
public sealed class WholeEndFinder
{
    private enum EndState : byte
    {
        Open,
        Ended,
        GoesOn, // after its end: the later events are another connection
    }

    private readonly ReusableArray<int> _endOfOpening = new(), _openings = new(), _firsts = new(), _lasts = new();
    private readonly ReusableArray<long> _starts = new(), _flows = new(), _cpus = new();
    private readonly ReusableArray<EndState> _states = new();
    private readonly UsedNumbers _uses = new();
    private readonly PlainEnds _plain = new();

    /// <summary>Finds the ends of a batch.</summary>
    /// <param name="batch">The batch, whose ends are set.</param>
    /// <param name="withCalls">Whether it also gets their calls.</param>
    internal void Find(BlockBatch batch, bool withCalls)
    {
        int count = Follow(batch);
        Span<WholeEnd> ends = batch.TakeEnds(count);
        Identify(batch.Block, ends);
        KeepWhole(ends);
        if (withCalls)
            _plain.Fill(batch, _openings.Span[..count]);
    }

    /// <summary>Finds the first and the last event of each end.</summary>
    /// <returns>How many ends there are.</returns>
    private int Follow(BlockBatch batch)
    {
        EventBlock block = batch.Block;
        ReadOnlySpan<int> rows = batch.Rows, openingOfRow = block.OpeningOfRow, kindOfRow = block.KindOfRow;
        ReadOnlySpan<KindKey> kinds = block.Kinds;
        Span<int> endOfOpening = _endOfOpening.Take(block.Openings), endOf = batch.TakeEndOf();
        int most = Math.Min(rows.Length, block.Openings);
        Span<int> openings = _openings.Take(most), firsts = _firsts.Take(most), lasts = _lasts.Take(most);
        Span<EndState> states = _states.Take(most);
        endOfOpening.Fill(-1);
        int count = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i], opening = openingOfRow[row];
            int end = endOfOpening[opening];
            if (end < 0)
            {
                endOfOpening[opening] = end = count++;
                openings[end] = opening;
                firsts[end] = i;
                states[end] = EndState.Open;
            }
            endOf[i] = end;
            lasts[end] = i;
            if (states[end] != EndState.Open)
                states[end] = EndState.GoesOn;
            else if (TcpEvent.IsLastOfEnd(kinds[kindOfRow[row]].Operation))
                states[end] = EndState.Ended;
        }
        return count;
    }

    private void Identify(EventBlock block, Span<WholeEnd> ends)
    {
        Span<long> starts = _starts.Take(block.Openings), flows = _flows.Take(block.Openings), cpus = _cpus.Take(block.Openings);
        block.ReadStarts(starts);
        block.ReadOfOpenings(EventColumn.Flow, flows);
        block.ReadOfOpenings(EventColumn.StartCpu, cpus);
        ReadOnlySpan<int> openings = _openings.Span, firsts = _firsts.Span, lasts = _lasts.Span, locals = block.LocalOfOpening;
        for (int i = 0; i < ends.Length; i++)
        {
            ref WholeEnd end = ref ends[i];
            int opening = openings[i];
            (end.First, end.Last) = (firsts[i], lasts[i]);
            (end.StartNs, end.Flow, end.StartCpu) = unchecked((starts[opening], (ulong)flows[opening], (uint)cpus[opening]));
            end.Local = locals[opening];
            end.SetNotPlain();
            end.IsFirstOfCall = false;
        }
    }

    /// <summary>
    /// Ends that have ended are whole, unless another one may have the same identity or flow. <see cref="UsedNumbers"/> decides that: where
    /// it is wrong by chance, an end merely counts as not whole.
    /// </summary>
    private void KeepWhole(Span<WholeEnd> ends)
    {
        const int numbers = 2; // of an end
        _uses.Begin(ends.Length * numbers);
        foreach (ref readonly WholeEnd end in ends)
        {
            _uses.Use(unchecked((ulong)end.StartNs));
            if (end.Flow != 0)
                _uses.Use(end.Flow);
        }
        ReadOnlySpan<EndState> states = _states.Span;
        for (int i = 0; i < ends.Length; i++)
        {
            ref WholeEnd end = ref ends[i];
            end.IsWhole = states[i] == EndState.Ended && _uses.IsUsedOnce(unchecked((ulong)end.StartNs))
                && (end.Flow == 0 || _uses.IsUsedOnce(end.Flow));
        }
    }
}
