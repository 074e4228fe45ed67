using System.Numerics;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Reads rows of blocks into batches, and finds the ends of connections that are whole there. Each thread needs an object of its own.
/// </summary>
public sealed class BatchReader
{
    private enum EndState : byte
    {
        Open,
        Ended,
        GoesOn, // after its end: the later events are another connection
    }

    private const int SlotsOfEnd = 32;
    private readonly ReusableArray<int> _firstOfOpening = new();
    private readonly ReusableArray<EndState> _states = new();
    private readonly ReusableArray<byte> _uses = new();

    /// <summary>Reads rows of one block.</summary>
    /// <param name="block">A loaded block.</param>
    /// <param name="rows">The numbers of the rows, in their order.</param>
    /// <param name="view">The names that hold for the block.</param>
    /// <param name="into">Gets the events.</param>
    public void Read(EventBlock block, ReadOnlySpan<int> rows, WorkloadView view, EventBatch into)
    {
        Span<TcpEvent> events = into.Begin(rows.Length);
        block.PrepareFor(rows.Length);
        for (int i = 0; i < events.Length; i++)
        {
            block.Read(rows[i], out events[i]);
            events[i].NameBy(view);
        }
        into.Ends = FindFirsts(block, rows, events, into.Firsts);
        KeepWhole(events, into.Firsts, into.Ends);
    }

    /// <returns>How many ends there are.</returns>
    private int FindFirsts(EventBlock block, ReadOnlySpan<int> rows, ReadOnlySpan<TcpEvent> events, Span<int> firsts)
    {
        ReadOnlySpan<int> openingOfRow = block.OpeningOfRow;
        Span<int> firstOfOpening = _firstOfOpening.Take(block.Openings);
        Span<EndState> states = _states.Take(events.Length);
        firstOfOpening.Fill(-1);
        states.Clear();
        int ends = 0;
        for (int i = 0; i < events.Length; i++)
        {
            ref int first = ref firstOfOpening[openingOfRow[rows[i]]];
            if (first < 0)
            {
                first = i;
                ends++;
            }
            firsts[i] = first;
            ref EndState state = ref states[first];
            if (state != EndState.Open)
                state = EndState.GoesOn;
            else if (events[i].IsLast)
                state = EndState.Ended;
        }
        return ends;
    }

    /// <summary>
    /// Ends that have ended are whole, unless another one may have the same identity or flow. Hash codes decide that: where two are the
    /// same by chance, an end merely counts as not whole.
    /// </summary>
    private void KeepWhole(ReadOnlySpan<TcpEvent> events, Span<int> firsts, int ends)
    {
        ReadOnlySpan<EndState> states = _states.Span;
        Span<byte> uses = _uses.Take((int)BitOperations.RoundUpToPowerOf2((uint)(ends * SlotsOfEnd)));
        uses.Clear();
        for (int i = 0; i < events.Length; i++)
        {
            if (firsts[i] != i)
                continue;
            Use(uses, (ulong)events[i].StartNs);
            if (events[i].Flow != 0)
                Use(uses, events[i].Flow);
        }
        for (int i = 0; i < events.Length; i++)
        {
            if (firsts[i] == i && !(states[i] == EndState.Ended && IsUsedOnce(uses, in events[i])))
                firsts[i] = -1;
        }
    }

    private static bool IsUsedOnce(Span<byte> uses, in TcpEvent e) =>
        Slot(uses, (ulong)e.StartNs) == 1 && (e.Flow == 0 || Slot(uses, e.Flow) == 1);

    private static void Use(Span<byte> uses, ulong number)
    {
        ref byte slot = ref Slot(uses, number);
        slot = (byte)Math.Min(slot + 1, 2);
    }

    private static ref byte Slot(Span<byte> uses, ulong number) => ref uses[SeededHash.HashOf(number) & (uses.Length - 1)];
}
