using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Copies;

/// <summary>How far a host's wall clock is ahead of the first one's.</summary>
/// <param name="OffsetNs">So far.</param>
/// <param name="BoundNs">By how much that may be wrong; null: nothing was found out.</param>
/// <param name="Pairs">From how many connections it follows.</param>
public sealed record ClockOffset(long OffsetNs, long? BoundNs, int Pairs);

/// <summary>
/// Finds out how far the clocks of hosts are apart, from connections that were seen at both ends. The accepting end is established when the
/// last segment of the handshake arrives, half a round trip after the connecting end. How long a round trip takes, connect() has measured.
/// What it says is wrong by half a round trip at most.
/// </summary>
public sealed class ClockAlignment
{
    private const int MostFlows = 1 << 16;
    private const ulong Mix = 0x9E37_79B9_7F4A_7C15;
    private readonly Dictionary<ulong, (int Clock, long StartNs, long EndNs)> _connects = new(SeededHash.One);
    private readonly Dictionary<ulong, (int Clock, long StartNs)> _accepts = new(SeededHash.One);
    private readonly List<string> _clocks = [];
    private ulong _mostHash = ulong.MaxValue;

    /// <summary>The number of a clock: all that was recorded in one boot has one clock.</summary>
    public int ClockOf(string boot)
    {
        int known = boot.Length == 0 ? -1 : _clocks.IndexOf(boot);
        if (known >= 0)
            return known;
        _clocks.Add(boot);
        return _clocks.Count - 1;
    }

    /// <summary>Takes an event into account.</summary>
    /// <param name="clock">The clock that it was timed with.</param>
    /// <param name="e">The event.</param>
    /// <param name="taken">What an earlier merge has taken off its wall time.</param>
    public void Add(int clock, in TcpEvent e, long taken = 0)
    {
        long wall = unchecked(e.WallNs + taken);
        if (e.Flow == 0 || (e.Flags & EventFlags.Untimed) != 0 || e.Flow * Mix > _mostHash)
            return;
        long start = unchecked(wall - (e.TimestampNs - e.StartNs));
        if (e.Operation == Operation.Connect)
            _connects.TryAdd(e.Flow, (clock, start, wall));
        else if (e.Operation == Operation.Accept)
            _accepts.TryAdd(e.Flow, (clock, start));
        if (_connects.Count > MostFlows || _accepts.Count > MostFlows)
            KeepHalf();
    }

    /// <summary>Of very many, those whose hash is low: of each file the same, so that both ends stay.</summary>
    private void KeepHalf()
    {
        _mostHash /= 2;
        foreach (ulong flow in _connects.Keys.Where(f => f * Mix > _mostHash).ToArray())
            _connects.Remove(flow);
        foreach (ulong flow in _accepts.Keys.Where(f => f * Mix > _mostHash).ToArray())
            _accepts.Remove(flow);
    }

    /// <summary>The offset of each clock to the first one's, also by way of others.</summary>
    public IReadOnlyList<ClockOffset> Solve()
    {
        var between = new Dictionary<(int From, int To), List<(long Offset, long Bound)>>();
        foreach ((ulong flow, (int clock, long startNs, long endNs)) in _connects)
        {
            if (!_accepts.TryGetValue(flow, out (int Clock, long StartNs) accept) || accept.Clock == clock || endNs < startNs)
                continue;
            long half = (endNs - startNs) / 2, ahead = unchecked(accept.StartNs - (endNs + half));
            bool isForward = clock < accept.Clock;
            (int, int) pair = isForward ? (clock, accept.Clock) : (accept.Clock, clock);
            if (!between.TryGetValue(pair, out List<(long, long)>? all))
                between.Add(pair, all = []);
            all.Add((isForward ? ahead : unchecked(-ahead), half));
        }
        var offsets = new ClockOffset?[_clocks.Count];
        if (offsets.Length > 0)
            offsets[0] = new ClockOffset(0, null, 0);
        // The link with the most pairs first
        (int From, int To, ClockOffset Offset)[] links =
            [.. between.OrderByDescending(b => b.Value.Count).Select(b => (b.Key.From, b.Key.To, Median(b.Value)))];
        while (Array.FindIndex(links, l => offsets[l.From] is null != offsets[l.To] is null) is >= 0 and var next)
        {
            (int from, int to, ClockOffset link) = links[next];
            if (offsets[from] is { } known)
                offsets[to] = Join(known, link, 1);
            else
                offsets[from] = Join(offsets[to]!, link, -1);
        }
        return [.. offsets.Select(o => o ?? new ClockOffset(0, null, 0))];
    }

    private static ClockOffset Join(ClockOffset known, ClockOffset link, int sign) =>
        new(unchecked(known.OffsetNs + sign * link.OffsetNs), (known.BoundNs ?? 0) + link.BoundNs, link.Pairs);

    private static ClockOffset Median(List<(long Offset, long Bound)> pairs)
    {
        long[] offsets = [.. pairs.Select(p => p.Offset).Order()], bounds = [.. pairs.Select(p => p.Bound).Order()];
        return new ClockOffset(offsets[offsets.Length / 2], bounds[bounds.Length / 2], pairs.Count);
    }
}
