namespace TcpTracer.Formats.Filter;

/// <summary>
/// One thing that a filter insists on, as a zone map can be asked for it: any of some items, or a port of any of some ranges.
/// </summary>
internal sealed class ZoneQuestion(IReadOnlyList<ulong> items, IReadOnlyList<(uint First, uint Last)> ports)
{
    /// <summary>Whether a block with this map may have it.</summary>
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
