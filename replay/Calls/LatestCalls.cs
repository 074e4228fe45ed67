using System.Runtime.CompilerServices;
using TcpTracer.Formats.Sinks;

namespace TcpTracer.Replay.Calls;

/// <summary>
/// Remembers the edges of the latest calls of batches, by the very objects that name both sides: the same come in batch after batch. It
/// finds what <see cref="Call.Of(in BatchCall, Parties)"/> and a <see cref="CallTable"/> would find, because parties and edges stay.
/// </summary>
internal sealed class LatestCalls
{
    private const int Slots = 1 << 12;
    private Slot[] _slots = [];

    /// <summary>A call and its edge.</summary>
    internal struct Slot
    {
        private object? _from, _to, _reached;
        private ushort _port;

        /// <summary>The parties.</summary>
        public Call Call { get; private set; }

        /// <summary>Their edge.</summary>
        public Edge Edge { get; private set; }

        /// <summary>Whether it is of these ends.</summary>
        public readonly bool IsOf(in BatchCall ends) => ReferenceEquals(_from, ends.From) && ReferenceEquals(_to, ends.To)
            && ReferenceEquals(_reached, ends.Reached) && _port == ends.Port;

        /// <summary>Becomes that of these ends.</summary>
        public void Set(in BatchCall ends, in Call call, Edge edge) =>
            (_from, _to, _reached, _port, Call, Edge) = (ends.From, ends.To, ends.Reached, ends.Port, call, edge);
    }

    /// <summary>Where the call of some ends is, if it is remembered.</summary>
    public ref Slot SlotOf(in BatchCall ends)
    {
        if (_slots.Length == 0)
            _slots = new Slot[Slots];
        int hash = HashCode.Combine(RuntimeHelpers.GetHashCode(ends.From), RuntimeHelpers.GetHashCode(ends.To), ends.Port);
        return ref _slots[hash & (Slots - 1)];
    }
}
