using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// The known things of one kind, by their keys, and which of them are new, different or forgotten since <see cref="Take"/> was
/// last called. For one thread at a time.
/// </summary>
/// <param name="kind">The kind of thing.</param>
internal sealed class ChangeTracker<T>(WorkloadKind kind) where T : class
{
    private readonly Dictionary<string, T> _all = new(StringComparer.Ordinal);
    private Dictionary<string, T> _changed = new(StringComparer.Ordinal);
    private List<WorkloadKey> _forgotten = [];
    private volatile bool _hasChanges;

    /// <summary>Whether <see cref="Take"/> would return something. From any thread.</summary>
    public bool HasChanges => _hasChanges;

    /// <summary>All known things.</summary>
    public IReadOnlyCollection<T> All => _all.Values;

    /// <summary>One of them; null: it is not known.</summary>
    public T? Find(string key) => _all.GetValueOrDefault(key);

    /// <summary>Whether a thing has changed since <see cref="Take"/> was last called: nobody was told yet what it is like now.</summary>
    public bool IsNews(string key) => _changed.ContainsKey(key);

    /// <summary>A thing is like this now. If it was so before, that is no change.</summary>
    public void Note(string key, T value)
    {
        if (_all.TryGetValue(key, out T? before) && before.Equals(value))
            return;
        _all[key] = _changed[key] = value;
        _hasChanges = true;
    }

    /// <summary>Forgets a thing.</summary>
    /// <returns>Whether it was known.</returns>
    public bool Forget(string key)
    {
        if (!_all.Remove(key))
            return false;
        _changed.Remove(key);
        _forgotten.Add(new WorkloadKey(kind, key));
        _hasChanges = true;
        return true;
    }

    /// <summary>The things that have changed and those that were forgotten since this was last called. The caller owns them.</summary>
    public (IReadOnlyCollection<T> Changed, IReadOnlyCollection<WorkloadKey> Forgotten) Take()
    {
        (IReadOnlyCollection<T>, IReadOnlyCollection<WorkloadKey>) taken = (_changed.Values, _forgotten);
        _changed = new Dictionary<string, T>(StringComparer.Ordinal);
        _forgotten = [];
        _hasChanges = false;
        return taken;
    }
}
