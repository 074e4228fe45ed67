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

    private readonly Dictionary<ulong, Pair> _pairs = new(SeededHash.One);
    private readonly Queue<ulong> _ended = new();

    private struct End
    {
        public long StartNs;
        public uint StartCpu;
        public ulong Cgroup, CgroupV1;
        public bool HasEnded;

        public readonly bool IsOf(in TcpEvent e) => (StartNs, StartCpu) == (e.StartNs, e.StartCpu);
    }

    private struct Pair
    {
        public End First, Second;

        /// <summary>Whether an end is free: nothing was seen of it.</summary>
        public static bool IsFree(in End end) => end.StartNs == 0;

        public readonly bool HasEnded => First.HasEnded && (IsFree(in Second) || Second.HasEnded);
    }

    /// <summary>Sets the cgroups of the other end, if they are known, and remembers those of this end.</summary>
    public void Meet(ref TcpEvent e)
    {
        if (e.Flow == 0)
            return;
        ref Pair pair = ref CollectionsMarshal.GetValueRefOrNullRef(_pairs, e.Flow);
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref pair))
        {
            if (_pairs.Count >= most + MostEnded)
                return;
            pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, e.Flow, out _);
        }
        bool isFirst = Pair.IsFree(in pair.First) || pair.First.IsOf(in e);
        if (!isFirst && !Pair.IsFree(in pair.Second) && !pair.Second.IsOf(in e))
            return; // a third end of one flow is another connection
        ref readonly End far = ref isFirst ? ref pair.Second : ref pair.First;
        (e.FarCgroup, e.FarCgroupV1) = (far.Cgroup, far.CgroupV1);
        bool hadEnded = pair.HasEnded;
        Remember(ref isFirst ? ref pair.First : ref pair.Second, in e);
        if (pair.HasEnded && !hadEnded)
            Forget(e.Flow);
    }

    private static void Remember(ref End end, in TcpEvent e)
    {
        (end.StartNs, end.StartCpu) = (e.StartNs, e.StartCpu);
        end.HasEnded |= e.IsLast;
        if ((e.Process.Cgroup | e.Process.CgroupV1) != 0)
            (end.Cgroup, end.CgroupV1) = (e.Process.Cgroup, e.Process.CgroupV1);
    }

    /// <summary>A connection has ended: one that ended long ago goes, unless another end of it came meanwhile.</summary>
    private void Forget(ulong flow)
    {
        _ended.Enqueue(flow);
        if (_ended.Count > MostEnded && _ended.Dequeue() is var oldest && _pairs.TryGetValue(oldest, out Pair pair) && pair.HasEnded)
            _pairs.Remove(oldest);
    }
}
