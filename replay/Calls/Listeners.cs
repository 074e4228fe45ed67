namespace TcpTracer.Replay.Calls;

/// <summary>Which process or container was seen to answer at an address. A connect that fails shows only the address.</summary>
public sealed class Listeners
{
    private readonly Dictionary<(Party To, ushort Port), Party> _most = [];
    private readonly Dictionary<Party, SortedSet<string>> _all = [];

    /// <summary>Those of some edges.</summary>
    public Listeners(IEnumerable<Edge> edges)
    {
        IEnumerable<(Party To, ushort Port, Party By, long Count)> answers =
            from edge in edges
            where edge.To.Kind is PartyKind.Address or PartyKind.Block or PartyKind.Node
            from reached in edge.Reached
            select (edge.To, edge.Port, reached.Key, reached.Value);
        foreach (var place in answers.GroupBy(a => (a.To, a.Port)))
        {
            _most[place.Key] = place.GroupBy(a => a.By).OrderByDescending(by => by.Sum(a => a.Count))
                .ThenBy(by => by.Key.ToString(), StringComparer.Ordinal).First().Key;
            if (!_all.TryGetValue(place.Key.To, out SortedSet<string>? names))
                _all[place.Key.To] = names = new SortedSet<string>(StringComparer.Ordinal);
            names.Add(_most[place.Key].ToString());
        }
    }

    /// <summary>Who answered at an address, whatever the port, in order.</summary>
    public IReadOnlyCollection<string> At(Party to) => _all.TryGetValue(to, out SortedSet<string>? names) ? names : [];

    /// <summary>Who answered most at a port of an address; null: nobody was seen, or it is no address.</summary>
    public Party? At(Party to, ushort port) => _most.GetValueOrDefault((to, port));
}
