using System.Runtime.CompilerServices;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>
/// Remembers which texts an owner's fields have: a process, where it runs, and its address are the same objects in many events. So these
/// texts are made and looked up once for each owner.
/// </summary>
internal sealed class OwnerValues
{
    private readonly Dictionary<Key, int[]> _known = [];
    private Key _last;
    private int[] _ofLast = [];
    private int _columns;

    /// <summary>In <see cref="Numbers"/>: not looked up yet; there is none; what is added to the number of a text.</summary>
    public const int Unasked = 0, Absent = 1, First = 2;

    private readonly record struct Key(ProcessIdentity? Process, Workload? Workload, Address? Address)
    {
        public bool Equals(Key other) => ReferenceEquals(Process, other.Process)
            && ReferenceEquals(Workload, other.Workload) && ReferenceEquals(Address, other.Address);

        public override int GetHashCode() =>
            HashCode.Combine(HashOf(Process), HashOf(Workload), HashOf(Address));

        private static int HashOf(object? o) => RuntimeHelpers.GetHashCode(o);
    }

    /// <summary>A column that depends on the owner alone.</summary>
    /// <returns>Its place in <see cref="Numbers"/>.</returns>
    public int AddColumn() => _columns++;

    /// <summary>
    /// Of the owner at hand, for each column: <see cref="Unasked"/>, <see cref="Absent"/>, or the number of the text plus
    /// <see cref="First"/>.
    /// </summary>
    public int[] Numbers => _ofLast;

    /// <summary>Finds the owner of an event.</summary>
    public void Find(in TcpEvent e)
    {
        var key = new Key(e.Process, e.Workload, e.Saddr);
        if (key == _last)
            return;
        _last = key;
        if (!_known.TryGetValue(key, out int[]? numbers))
            _known.Add(key, numbers = new int[_columns]);
        _ofLast = numbers;
    }

    /// <summary>Forgets all of them: the numbers are good for one group of rows.</summary>
    public void Clear()
    {
        _known.Clear();
        _last = default;
        _ofLast = [];
    }
}
