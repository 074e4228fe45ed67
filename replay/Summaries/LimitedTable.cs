namespace TcpTracer.Replay.Summaries;

/// <summary>Groups in bounded memory. What comes after there are too many goes into one group, whose key says so.</summary>
/// <param name="most">How many groups are told apart.</param>
/// <param name="others">The key of the group of all others.</param>
internal sealed class LimitedTable<TKey, TGroup>(int most, TKey others)
    where TKey : notnull
    where TGroup : new()
{
    private readonly Dictionary<TKey, TGroup> _groups = [];

    /// <summary>The groups, in no order.</summary>
    public IReadOnlyCollection<KeyValuePair<TKey, TGroup>> Groups => _groups;

    /// <summary>The group of a key.</summary>
    public TGroup this[TKey key]
    {
        get
        {
            if (_groups.TryGetValue(key, out TGroup? group))
                return group;
            if (_groups.Count >= most && _groups.TryGetValue(others, out group))
                return group;
            return _groups[_groups.Count >= most ? others : key] = new TGroup();
        }
    }
}
