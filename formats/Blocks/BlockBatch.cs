using System.Numerics;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Rows of a block as a batch of events. It is good as long as the block has the same record. One object serves batch after batch.
/// </summary>
public sealed class BlockBatch : EventBatch
{
    private enum EndState : byte
    {
        Open,
        Ended,
        GoesOn, // after its end: the later events are another connection
    }

    private const int SlotsOfEnd = 32;
    private readonly ReusableArray<int> _rows = new(), _firstOfOpening = new();
    private readonly ReusableArray<EndState> _states = new();
    private readonly ReusableArray<byte> _uses = new();
    private EventBlock _block = null!;
    private WorkloadView _view = null!;

    /// <summary>Becomes a batch of some rows.</summary>
    /// <param name="block">A loaded block.</param>
    /// <param name="rows">The numbers of the rows, in their order. They are copied.</param>
    /// <param name="view">The names that hold for the block.</param>
    public void Begin(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view)
    {
        (_block, _view) = (block, view);
        rows.CopyTo(_rows.Take(rows.Length));
        block.PrepareFor(rows.Length);
        Span<int> firsts = Begin(rows.Length);
        FindFirsts(firsts);
        KeepWhole(firsts);
    }

    /// <inheritdoc/>
    public override void Read(int place, out TcpEvent e)
    {
        _block.Read(_rows.Span[place], out e);
        e.NameBy(_view);
    }

    private void FindFirsts(Span<int> firsts)
    {
        ReadOnlySpan<int> rows = _rows.Span, openingOfRow = _block.OpeningOfRow, kindOfRow = _block.KindOfRow;
        ReadOnlySpan<KindKey> kinds = _block.Kinds;
        Span<int> firstOfOpening = _firstOfOpening.Take(_block.Openings);
        Span<EndState> states = _states.Take(rows.Length);
        firstOfOpening.Fill(-1);
        states.Clear();
        Ends = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            ref int first = ref firstOfOpening[openingOfRow[row]];
            if (first < 0)
            {
                first = i;
                Ends++;
            }
            firsts[i] = first;
            ref EndState state = ref states[first];
            if (state != EndState.Open)
                state = EndState.GoesOn;
            else if (TcpEvent.IsLastOfEnd(kinds[kindOfRow[row]].Operation))
                state = EndState.Ended;
        }
    }

    /// <summary>
    /// Ends that have ended are whole, unless another one may have the same identity or flow. Hash codes decide that: where two are the
    /// same by chance, an end merely counts as not whole.
    /// </summary>
    private void KeepWhole(ReadOnlySpan<int> firsts)
    {
        ReadOnlySpan<EndState> states = _states.Span;
        Span<byte> uses = _uses.Take((int)BitOperations.RoundUpToPowerOf2((uint)(Ends * SlotsOfEnd)));
        uses.Clear();
        for (int i = 0; i < firsts.Length; i++)
        {
            if (firsts[i] == i)
                Use(uses, i);
        }
        for (int i = 0; i < firsts.Length; i++)
        {
            if (firsts[i] == i && (states[i] != EndState.Ended || !IsUsedOnce(uses, i)))
                Part(i);
        }
    }

    private (ulong Start, ulong Flow) NumbersOf(int place)
    {
        int opening = _block.OpeningOfRow[_rows.Span[place]];
        return ((ulong)_block.StartOf(opening), _block.FlowOf(opening));
    }

    private void Use(Span<byte> uses, int place)
    {
        const byte several = 2;
        (ulong start, ulong flow) = NumbersOf(place);
        ref byte slot = ref SlotOf(uses, start);
        slot = (byte)Math.Min(slot + 1, several);
        if (flow == 0)
            return;
        slot = ref SlotOf(uses, flow);
        slot = (byte)Math.Min(slot + 1, several);
    }

    private bool IsUsedOnce(Span<byte> uses, int place)
    {
        (ulong start, ulong flow) = NumbersOf(place);
        return SlotOf(uses, start) == 1 && (flow == 0 || SlotOf(uses, flow) == 1);
    }

    private static ref byte SlotOf(Span<byte> uses, ulong number) => ref uses[SeededHash.HashOf(number) & (uses.Length - 1)];
}
