namespace TcpTracer.Formats.Filter;

/// <summary>
/// One condition of a filter, as a question for a zone map: does the block have any of these items, or a port in any of these ranges?
/// </summary>
/// <param name="items">Hashes of items; see <see cref="ZoneMap.HashOf(ZoneItem, uint)"/>.</param>
/// <param name="ports">Ranges of ports; both ends belong to a range.</param>
internal sealed class ZoneQuestion(IReadOnlyList<ulong> items, IReadOnlyList<(uint First, uint Last)> ports)
{
    /// <summary>Whether a block with this zone map may meet the condition.</summary>
    public bool MayHold(ReadOnlySpan<byte> map)
    {
        foreach (ulong item in items)
        {
            if (ZoneMap.MayHold(map, item))
                return true;
        }
        foreach ((uint first, uint last) in ports)
        {
            if (ZoneMap.MayHoldOwnPort(map, first, last))
                return true;
        }
        return false;
    }
}
