using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>What is known of one kind of thing, by its key, and what of it is new, different or forgotten since that was last taken. Not for several threads at once.</summary>
internal sealed class Known<T>(WorkloadKind kind) where T : class
{
    private readonly Dictionary<string, T> _all = new(StringComparer.Ordinal);
    private Dictionary<string, T> _changed = new(StringComparer.Ordinal);
    private List<WorkloadKey> _forgotten = [];
    private volatile bool _hasChanges;

    /// <summary>Whether there is something to take. From any thread.</summary>
    public bool HasChanges => _hasChanges;

    /// <summary>Everything that is known.</summary>
    public IReadOnlyCollection<T> All => _all.Values;

    /// <summary>One of them; null: not known.</summary>
    public T? Find(string key) => _all.GetValueOrDefault(key);

    /// <summary>It is so now. The same as before is no change.</summary>
    public void Note(string key, T value)
    {
        if (_all.TryGetValue(key, out T? before) && before.Equals(value))
            return;
        _all[key] = _changed[key] = value;
        _hasChanges = true;
    }

    /// <summary>Nobody will ask for it again.</summary>
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

    /// <summary>What has changed, and what was forgotten, since this was last called.</summary>
    public (IReadOnlyCollection<T> Changed, IReadOnlyCollection<WorkloadKey> Forgotten) Take()
    {
        (IReadOnlyCollection<T>, IReadOnlyCollection<WorkloadKey>) taken = (_changed.Values, _forgotten);
        _changed = new Dictionary<string, T>(StringComparer.Ordinal);
        _forgotten = [];
        _hasChanges = false;
        return taken;
    }
}
