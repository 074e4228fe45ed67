using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// A map of loaded programs, read and written by system call. The descriptor belongs to the object that the map came from.
/// </summary>
/// <param name="descriptor">The map's descriptor.</param>
internal readonly unsafe struct BpfMap(int descriptor)
{
    /// <summary>The descriptor, for calls that take the map itself.</summary>
    public int Descriptor => descriptor;

    /// <summary>Inserts an entry, or writes over the one that has the same key.</summary>
    /// <returns>Whether the kernel did it.</returns>
    public bool Set<TKey, TValue>(TKey key, TValue value) where TKey : unmanaged where TValue : unmanaged =>
        LibBpf.bpf_map_update_elem(descriptor, &key, &value, 0) == 0;

    /// <summary>The number of entries. It is approximate while others insert or delete.</summary>
    /// <typeparam name="TKey">At least as large as the map's keys.</typeparam>
    public int Count<TKey>() where TKey : unmanaged => CountKeys<TKey>(_ => true);

    /// <summary>The number of entries whose value is counted. It is approximate while others insert or delete.</summary>
    /// <typeparam name="TKey">At least as large as the map's keys.</typeparam>
    /// <typeparam name="TValue">The mirror of the map's values.</typeparam>
    public int Count<TKey, TValue>(Predicate<TValue> isCounted) where TKey : unmanaged where TValue : unmanaged
    {
        int map = descriptor;
        return CountKeys<TKey>(key =>
        {
            TValue value;
            return LibBpf.bpf_map_lookup_elem(map, &key, &value) == 0 && isCounted(value);
        });
    }

    private int CountKeys<TKey>(Predicate<TKey> isCounted) where TKey : unmanaged
    {
        TKey key, next;
        int count = 0;
        for (void* from = null; LibBpf.bpf_map_get_next_key(descriptor, from, &next) == 0; from = &key)
        {
            key = next;
            if (isCounted(key))
                count++;
        }
        return count;
    }
}
