using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// The last row of each connection in a block. Every event asks, and mostly for a connection of a moment ago: a table that is small enough
/// for the processor's cache (open addressing, half full at most) leads to rows that are in it already.
/// </summary>
internal sealed class LastRows
{
    private const ushort MostRows = TraceLimits.WriterRows; // does not compile once a row needs more than the table's 16 bits
    private const int Slots = 2 * MostRows;
    private readonly ushort[] _rowPlusOne = new ushort[Slots];
    private readonly (long Start, uint Cpu)[] _connections = new (long, uint)[MostRows];

    /// <summary>Puts <paramref name="row"/> in the place of the connection's last row, which is returned; -1: there was none.</summary>
    public int Replace(long start, uint cpu, int row)
    {
        _connections[row] = (start, cpu);
        for (uint at = (uint)((ulong)(start ^ (long)cpu << 48) * 0x9E37_79B9_7F4A_7C15 >> 40); ; at++)
        {
            ref ushort slot = ref _rowPlusOne[at & (Slots - 1)];
            int last = slot - 1;
            if (last >= 0 && _connections[last] != (start, cpu))
                continue;
            slot = (ushort)(row + 1);
            return last;
        }
    }

    public void Clear() => Array.Clear(_rowPlusOne);
}
