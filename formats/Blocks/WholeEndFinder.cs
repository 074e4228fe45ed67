using System.Numerics;
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

    private const int SlotsOfEnd = 32;
    private readonly ReusableArray<int> _endOfOpening = new(), _openings = new(), _firsts = new(), _lasts = new();
    private readonly ReusableArray<long> _starts = new(), _flows = new(), _cpus = new();
    private readonly ReusableArray<EndState> _states = new();
    private readonly ReusableArray<byte> _uses = new();
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
            (end.StartNs, end.Flow, end.StartCpu) = (starts[opening], unchecked((ulong)flows[opening]), unchecked((uint)cpus[opening]));
            end.Local = locals[opening];
            end.SetNotPlain();
        }
    }

    /// <summary>
    /// Ends that have ended are whole, unless another one may have the same identity or flow. Hash codes decide that: where two are the
    /// same by chance, an end merely counts as not whole.
    /// </summary>
    private void KeepWhole(Span<WholeEnd> ends)
    {
        ReadOnlySpan<EndState> states = _states.Span;
        Span<byte> uses = _uses.Take((int)BitOperations.RoundUpToPowerOf2((uint)(ends.Length * SlotsOfEnd)));
        uses.Clear();
        foreach (ref readonly WholeEnd end in ends)
        {
            Use(ref SlotOf(uses, unchecked((ulong)end.StartNs)));
            if (end.Flow != 0)
                Use(ref SlotOf(uses, end.Flow));
        }
        for (int i = 0; i < ends.Length; i++)
        {
            ref WholeEnd end = ref ends[i];
            end.IsWhole = states[i] == EndState.Ended && SlotOf(uses, unchecked((ulong)end.StartNs)) == 1
                && (end.Flow == 0 || SlotOf(uses, end.Flow) == 1);
        }
    }

    private static void Use(ref byte slot)
    {
        const byte several = 2;
        slot = (byte)Math.Min(slot + 1, several);
    }

    private static ref byte SlotOf(Span<byte> uses, ulong number) => ref uses[SeededHash.HashOf(number) & (uses.Length - 1)];
}
