using NamedTotals = System.Collections.Generic.KeyValuePair<string, TcpTracer.Replay.Summaries.SummaryTotals>;

namespace TcpTracer.Replay.Summaries;

/// <summary>The groups of all workers, as one: the largest first. What does not fit into memory is sorted in a file.</summary>
public sealed class SummaryGroups : IDisposable
{
    private readonly NamedTotals[] _inMemory = [];
    private readonly GroupRuns? _bySize;

    /// <summary>By name, whose order is that of its characters.</summary>
    internal static IComparer<NamedTotals> ByName { get; } =
        Comparer<NamedTotals>.Create((a, b) => string.CompareOrdinal(a.Key, b.Key));

    private static readonly IComparer<NamedTotals> s_bySize = Comparer<NamedTotals>.Create((a, b) =>
        b.Value.Events != a.Value.Events ? b.Value.Events.CompareTo(a.Value.Events) : string.CompareOrdinal(a.Key, b.Key));

    /// <summary>Takes what workers added up.</summary>
    /// <param name="workers">One or more; they are not used any more.</param>
    public SummaryGroups(IReadOnlyList<TraceSummary> workers)
    {
        if (workers.All(w => w.Spilled is null))
        {
            foreach (TraceSummary other in workers.Skip(1))
                workers[0].Add(other);
            _inMemory = [.. workers[0].Groups];
            Array.Sort(_inMemory, s_bySize);
            return;
        }
        _bySize = Sort(Merge(workers));
    }

    /// <summary>Whether a file was needed.</summary>
    public bool IsOnDisk => _bySize is not null;

    /// <summary>The groups, the largest first; each time anew.</summary>
    public IEnumerable<NamedTotals> Largest() => _bySize?.Merge(s_bySize) ?? _inMemory;

    /// <summary>All groups by name, each once.</summary>
    private static IEnumerable<NamedTotals> Merge(IReadOnlyList<TraceSummary> workers)
    {
        using var byName = new GroupRuns();
        foreach (TraceSummary worker in workers)
        {
            worker.Spill();
            byName.Add(worker.Spilled!.Merge(ByName));
            worker.Dispose();
        }
        NamedTotals? current = null;
        foreach (NamedTotals next in byName.Merge(ByName))
        {
            if (current is { } same && same.Key == next.Key)
            {
                SummaryTotals totals = same.Value, more = next.Value;
                totals.Add(in more);
                current = KeyValuePair.Create(same.Key, totals);
                continue;
            }
            if (current is { } done)
                yield return done;
            current = next;
        }
        if (current is { } last)
            yield return last;
    }

    private static GroupRuns Sort(IEnumerable<NamedTotals> groups)
    {
        var runs = new GroupRuns();
        var some = new List<NamedTotals>();
        long bytes = 0;
        void Add()
        {
            some.Sort(s_bySize);
            runs.Add(some);
            some.Clear();
            bytes = 0;
        }
        foreach (NamedTotals group in groups)
        {
            some.Add(group);
            bytes += TraceSummary.BytesOf(group.Key);
            if (bytes >= TraceSummary.DefaultMostBytes)
                Add();
        }
        Add();
        return runs;
    }

    /// <inheritdoc/>
    public void Dispose() => _bySize?.Dispose();
}
