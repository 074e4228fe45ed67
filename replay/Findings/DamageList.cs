using System.Collections;
using TcpTracer.Formats.Records;

namespace TcpTracer.Replay.Findings;

/// <summary>
/// The damages of a trace, in order: the first thousand, and the number of the others. So a damaged file does not fill memory.
/// </summary>
public sealed class DamageList : IReadOnlyList<TraceDamage>
{
    private const int Most = 1000;
    private readonly List<TraceDamage> _first = [];

    /// <summary>How many are listed.</summary>
    public int Count => _first.Count;

    /// <summary>How many more there are.</summary>
    public long More { get; private set; }

    /// <summary>How many there are.</summary>
    public long Total => _first.Count + More;

    /// <summary>Whether anything is wrong but that the end is missing, as it is while a trace is being written.</summary>
    public bool IsBeyondACut { get; private set; }

    /// <inheritdoc/>
    public TraceDamage this[int index] => _first[index];

    internal void Add(TraceDamage damage)
    {
        IsBeyondACut |= damage.Fault != TraceFault.CutTail;
        if (_first.Count < Most)
            _first.Add(damage);
        else
            More++;
    }

    /// <summary>Workers find damages in any order.</summary>
    internal void SortFrom(int first) =>
        _first.Sort(first, _first.Count - first, Comparer<TraceDamage>.Create((a, b) => a.Offset.CompareTo(b.Offset)));

    /// <inheritdoc/>
    public IEnumerator<TraceDamage> GetEnumerator() => _first.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
