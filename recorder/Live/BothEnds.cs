using System.Runtime.InteropServices;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;

namespace TcpTracer.Recorder.Live;

/// <summary>
/// Tells an event who is at the other end of its connection, where an event of that end came before: both have the same flow, also
/// through a service. Its memory is bounded.
/// </summary>
/// <param name="most">How many connections it knows at once. Of more, the other end is not known.</param>
internal sealed class BothEnds(int most)
{
    /// <summary>
    /// So many connections are remembered after every end that was seen has ended: a server may accept one whose client has closed it.
    /// </summary>
    private const int MostEnded = 4_096;

    private readonly Dictionary<ulong, Pair> _pairs = []; // by the flow, spread: a stranger who chooses it makes no long chains
    private readonly Queue<ulong> _ended = new();
    private readonly Owners _owners = new();

    /// <summary>An end. Every event looks for one, so it is small.</summary>
    private struct End
    {
        public long Identity;
        public int Owner;
        public bool HasEnded;
    }

    private struct Pair
    {
        public End First, Second;

        /// <summary>Whether nothing was seen of an end.</summary>
        public static bool IsFree(in End end) => end.Identity == 0;

        public readonly bool HasEnded => First.HasEnded && (IsFree(in Second) || Second.HasEnded);
    }

    /// <summary>The cgroups of owners, each once, by a number; 0: not known. There are few.</summary>
    private sealed class Owners
    {
        private const int Most = 1 << 16;
        private readonly List<(ulong Unified, ulong Memory)> _all = [default];
        private readonly Dictionary<(ulong, ulong), int> _numbers = new(SeededHash.Two) { [default] = 0 };
        private int _last;

        public (ulong Unified, ulong Memory) this[int number] => _all[number];

        /// <summary>The number of two cgroups. Of too many, new ones are not known.</summary>
        public int Of(ulong unified, ulong memory)
        {
            if (_all[_last] == (unified, memory))
                return _last;
            if (_numbers.TryGetValue((unified, memory), out int known))
                return _last = known;
            if (_all.Count >= Most)
                return 0;
            _all.Add((unified, memory));
            return _last = _numbers[(unified, memory)] = _all.Count - 1;
        }
    }

    /// <summary>Sets the cgroups of the other end, if they are known, and remembers those of this end.</summary>
    public void Meet(ref TcpEvent e)
    {
        if (e.Flow == 0)
            return;
        ulong key = SeededHash.Spread(e.Flow);
        ref Pair pair = ref CollectionsMarshal.GetValueRefOrNullRef(_pairs, key);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref pair))
        {
            if (_pairs.Count >= most + MostEnded)
                return;
            pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out _);
        }
        long identity = e.StartNs ^ (long)e.StartCpu << 48;
        bool isFirst = Pair.IsFree(in pair.First) || pair.First.Identity == identity;
        if (!isFirst && !Pair.IsFree(in pair.Second) && pair.Second.Identity != identity)
            return; // a third end of one flow is another connection
        ref readonly End far = ref isFirst ? ref pair.Second : ref pair.First;
        if (far.Owner != 0)
            (e.FarCgroup, e.FarCgroupV1) = _owners[far.Owner];
        bool hadEnded = pair.HasEnded;
        Remember(ref isFirst ? ref pair.First : ref pair.Second, identity, in e);
        if (pair.HasEnded && !hadEnded)
            Forget(key);
    }

    private void Remember(ref End end, long identity, in TcpEvent e)
    {
        end.Identity = identity;
        end.HasEnded |= e.IsLast;
        if (_owners.Of(e.Process.Cgroup, e.Process.CgroupV1) is > 0 and var owner)
            end.Owner = owner;
    }

    /// <summary>A connection has ended: one that ended long ago goes, unless another end of it came meanwhile.</summary>
    private void Forget(ulong key)
    {
        _ended.Enqueue(key);
        if (_ended.Count > MostEnded && _ended.Dequeue() is var oldest && _pairs.TryGetValue(oldest, out Pair pair) && pair.HasEnded)
            _pairs.Remove(oldest);
    }
}
