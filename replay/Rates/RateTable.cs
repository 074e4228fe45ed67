using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Rates;

/// <summary>What happens when there are more slices than a <see cref="RateTable"/> holds.</summary>
public enum WhenFull
{
    /// <summary>Slices become twice as long: the whole time stays in view, as of a file.</summary>
    Coarsen,

    /// <summary>The oldest slice is forgotten, as live.</summary>
    ForgetOldest,
}

/// <summary>
/// Counts connections, failures and bytes by slices of time. Several threads may use it: one brings events, another one reads.
/// </summary>
/// <param name="intervalNs">How long a slice is at first, in nanoseconds.</param>
/// <param name="whenFull">What to do when there are more slices than fit.</param>
/// <param name="mostSlices">How many slices fit.</param>
public sealed class RateTable(long intervalNs, WhenFull whenFull, int mostSlices = RateTable.UsualMost) : IEventSink
{
    /// <summary>How many slices are held.</summary>
    public const int UsualMost = 600;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, RateSlice> _slices = [];
    private readonly OpenConnections _open = new();
    private readonly Parties _parties = new();
    private readonly Dictionary<(Party, ushort), string> _destinations = [];
    private long _intervalNs = intervalNs, _latestNs = long.MinValue;

    /// <summary>How long a slice is, in nanoseconds.</summary>
    public long IntervalNs
    {
        get
        {
            lock (_lock)
                return _intervalNs;
        }
    }

    /// <summary>When each slice begins that has events, in nanoseconds since 1970, the earliest first.</summary>
    public IReadOnlyList<long> Times
    {
        get
        {
            lock (_lock)
                return [.. _slices.Keys.Select(k => k * _intervalNs)];
        }
    }

    /// <summary>A slice, or all slices together.</summary>
    /// <param name="atNs">A moment in it, in nanoseconds since 1970; null: all.</param>
    public RateSlice SliceAt(long? atNs)
    {
        var copy = new RateSlice();
        lock (_lock)
        {
            if (atNs is not { } ns)
            {
                foreach (RateSlice slice in _slices.Values)
                    copy.Add(slice);
            }
            else if (_slices.TryGetValue(IndexOf(ns), out RateSlice? slice))
            {
                copy.Add(slice);
            }
        }
        return copy;
    }

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        lock (_lock)
        {
            _latestNs = Math.Max(_latestNs, e.WallNs);
            var counts = new RateCounts
            {
                Made = e.Operation is Operation.Connect or Operation.Accept ? 1 : 0,
                Failed = e.Operation is Operation.ConnectFailed or Operation.Unaccepted ? 1 : 0,
                Ended = e.IsEnd ? 1 : 0,
                Broken = e.IsEnd && e.Reason is not (Reason.Close or Reason.PeerClose or Reason.Exit) ? 1 : 0,
            };
            (bool isCalled, bool isOtherEnd) = _open.Take(in e, ref counts);
            RateSlice slice = SliceOf(e.WallNs);
            if (!isOtherEnd)
                slice.AddToAll(in counts);
            Party self = _parties.Local(in e);
            slice.Add(RateGrouping.Command, CommandOf(in e), in counts);
            slice.Add(RateGrouping.Workload, self.ToString(), in counts);
            slice.Add(RateGrouping.Destination, isCalled ? Name(self, e.Sport) : Name(_parties.Remote(in e), e.Dport), in counts);
        }
    }

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss)
    {
        lock (_lock)
        {
            if (_latestNs != long.MinValue)
                SliceOf(_latestNs).Lost += (long)loss.Count;
        }
    }

    private readonly Dictionary<Formats.Strings.SafeText, string> _commands = [];

    private string CommandOf(in TcpEvent e)
    {
        if (_commands.TryGetValue(e.Process.Comm, out string? known))
            return known;
        if (_commands.Count >= RateSlice.MostGroups)
            _commands.Clear();
        return _commands[e.Process.Comm] = System.Text.Encoding.UTF8.GetString(e.Process.Comm.Text);
    }

    private string Name(Party party, ushort port)
    {
        if (_destinations.TryGetValue((party, port), out string? known))
            return known;
        if (_destinations.Count >= RateSlice.MostGroups)
            _destinations.Clear();
        string text = party.ToString();
        return _destinations[(party, port)] = text.Contains(':') ? $"[{text}]:{port}" : $"{text}:{port}";
    }

    private long IndexOf(long ns) => Math.DivRem(ns, _intervalNs, out long rest) - (rest < 0 ? 1 : 0);

    private RateSlice SliceOf(long ns)
    {
        if (_slices.TryGetValue(IndexOf(ns), out RateSlice? slice))
            return slice;
        _slices[IndexOf(ns)] = new RateSlice();
        while (_slices.Count > mostSlices)
        {
            if (whenFull == WhenFull.Coarsen)
                Coarsen();
            else
                _slices.Remove(_slices.Keys.First());
        }
        return _slices.TryGetValue(IndexOf(ns), out slice) ? slice : _slices[IndexOf(ns)] = new RateSlice();
    }

    private void Coarsen()
    {
        KeyValuePair<long, RateSlice>[] old = [.. _slices];
        _slices.Clear();
        _intervalNs *= 2;
        foreach ((long index, RateSlice slice) in old)
        {
            long half = index >> 1; // rounds down, also below zero
            if (_slices.TryGetValue(half, out RateSlice? known))
                known.Add(slice);
            else
                _slices[half] = slice;
        }
    }
}
