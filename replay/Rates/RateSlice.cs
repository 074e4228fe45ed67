using System.Runtime.InteropServices;

namespace TcpTracer.Replay.Rates;

/// <summary>
/// What happened in one slice of time, by groups. Its memory is bounded: after many groups, new ones are counted together.
/// </summary>
public sealed class RateSlice
{
    /// <summary>So many groups of each kind are told apart in a slice.</summary>
    public const int MostGroups = 1000;

    /// <summary>The name of all other groups.</summary>
    public const string Others = "(others)";

    private readonly Dictionary<string, RateCounts>[] _groups =
        [.. Enum.GetValues<RateGrouping>().Select(_ => new Dictionary<string, RateCounts>())];

    private RateCounts _all;

    /// <summary>Events that were lost in it.</summary>
    public long Lost { get; internal set; }

    /// <summary>All groups together. A connection counts once, if its flow tells that both its ends are there.</summary>
    public ref readonly RateCounts All => ref _all;

    internal void AddToAll(in RateCounts counts) => _all.Add(in counts);

    /// <summary>The groups of one kind, in no order.</summary>
    public IReadOnlyDictionary<string, RateCounts> Groups(RateGrouping grouping) => _groups[(int)grouping];

    internal void Add(RateGrouping grouping, string name, in RateCounts counts)
    {
        Dictionary<string, RateCounts> groups = _groups[(int)grouping];
        if (groups.Count >= MostGroups && !groups.ContainsKey(name))
            name = Others;
        CollectionsMarshal.GetValueRefOrAddDefault(groups, name, out _).Add(in counts);
    }

    internal void Add(RateSlice other)
    {
        Lost += other.Lost;
        _all.Add(in other._all);
        foreach (RateGrouping grouping in Enum.GetValues<RateGrouping>())
        {
            foreach ((string name, RateCounts counts) in other.Groups(grouping))
                Add(grouping, name, in counts);
        }
    }
}
