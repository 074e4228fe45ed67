namespace TcpTracer.Formats.TraceFile;

/// <summary>The last row of each connection in a block. Open addressing, half full at most: every event asks, and a dictionary is slower.</summary>
internal sealed class LastRows
{
    private const int Slots = 2 * TraceLimits.WriterRows;
    private readonly (long Start, uint Cpu, int RowPlusOne)[] _slots = new (long, uint, int)[Slots];

    /// <summary>A connection's last row, plus one; 0: there is none yet.</summary>
    public ref int Of(long start, uint cpu)
    {
        uint at = (uint)((ulong)(start ^ (long)cpu << 48) * 0x9E37_79B9_7F4A_7C15 >> 40);
        while (true)
        {
            ref (long Start, uint Cpu, int RowPlusOne) slot = ref _slots[at++ & (Slots - 1)];
            if (slot.RowPlusOne == 0)
                (slot.Start, slot.Cpu) = (start, cpu);
            else if (slot.Start != start || slot.Cpu != cpu)
                continue;
            return ref slot.RowPlusOne;
        }
    }

    public void Clear() => Array.Clear(_slots);
}
