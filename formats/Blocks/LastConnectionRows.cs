using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Finds the last row of each connection in a block. Every event asks for it, mostly for a connection of a moment ago. The table uses open
/// addressing and is at most half full. It is small enough for the processor's cache, and so are the rows that it leads to.
/// </summary>
internal sealed class LastConnectionRows
{
    private const ushort MostRows = TraceLimits.WriterRows; // does not compile if a row number needs more than 16 bits
    private const int Slots = 2 * MostRows;
    private readonly ushort[] _rowPlusOne = new ushort[Slots];
    private readonly (long Start, uint Cpu)[] _connections = new (long, uint)[MostRows];

    /// <summary>Makes <paramref name="row"/> the last row of a connection.</summary>
    /// <param name="start">When the connection began, in nanoseconds of boot time.</param>
    /// <param name="cpu">The processor on which it began.</param>
    /// <param name="row">The row.</param>
    /// <returns>The last row so far; -1: there was none.</returns>
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
