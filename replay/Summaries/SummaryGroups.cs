using NamedTotals = System.Collections.Generic.KeyValuePair<string, TcpTracer.Replay.Summaries.SummaryTotals>;

namespace TcpTracer.Replay.Summaries;

/// <summary>The groups of all workers, as one, in order. What does not fit into memory is sorted in a file.</summary>
public sealed class SummaryGroups : IDisposable
{
    private readonly NamedTotals[] _inMemory = [];
    private readonly GroupRuns? _sorted;

    /// <summary>Orders groups by name, character by character.</summary>
    internal static IComparer<NamedTotals> ByName { get; } =
        Comparer<NamedTotals>.Create((a, b) => string.CompareOrdinal(a.Key, b.Key));

    private readonly IComparer<NamedTotals> _order;

    /// <summary>Takes what workers added up.</summary>
    /// <param name="workers">One or more; they are not used any more.</param>
    /// <param name="order">The order of the groups; null: the largest first.</param>
    public SummaryGroups(IReadOnlyList<TraceSummary> workers, GroupOrder? order = null)
    {
        _order = order ?? GroupOrder.Largest();
        if (workers.All(w => w.Spilled is null))
        {
            foreach (TraceSummary other in workers.Skip(1))
                workers[0].Add(other);
            _inMemory = [.. workers[0].Groups];
            Array.Sort(_inMemory, _order);
            return;
        }
        _sorted = Sort(Merge(workers));
    }

    /// <summary>Whether a file was needed.</summary>
    public bool IsOnDisk => _sorted is not null;

    /// <summary>The groups in order. They can be enumerated again.</summary>
    public IEnumerable<NamedTotals> InOrder() => _sorted?.Merge(_order) ?? _inMemory;

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

    private GroupRuns Sort(IEnumerable<NamedTotals> groups)
    {
        var runs = new GroupRuns();
        var some = new List<NamedTotals>();
        long bytes = 0;
        void Add()
        {
            some.Sort(_order);
            runs.Add(some);
            some.Clear();
            bytes = 0;
        }
        foreach (NamedTotals group in groups)
        {
            some.Add(group);
            bytes += TraceSummary.BytesOf(group.Key) + (group.Value.Latencies?.Bytes ?? 0);
            if (bytes >= TraceSummary.DefaultMostBytes)
                Add();
        }
        Add();
        return runs;
    }

    /// <inheritdoc/>
    public void Dispose() => _sorted?.Dispose();
}
