using TcpTracer.Formats.Events;
using TcpTracer.Formats.TraceFile;

namespace TcpTracer.Replay;

/// <summary>What a reader of traces finds beside the events.</summary>
public sealed class TraceFindings
{
    private const int MostDamages = 1000, MostUnknownNames = 20;

    /// <summary>What is wrong, in order; of a thoroughly damaged file the beginning.</summary>
    public List<TraceDamage> Damages { get; } = [];

    /// <summary>How many more damages there are.</summary>
    public long MoreDamages { get; private set; }

    /// <summary>Whether the last record is the recorder's own end.</summary>
    public bool IsFinished { get; set; }

    /// <summary>Events in it.</summary>
    public long Events { get; set; }

    /// <summary>Events that had been lost when it was recorded, by cause.</summary>
    public Dictionary<LossSource, long> Lost { get; } = [];

    /// <summary>What this version does not know and passed over: record kinds and column encodings.</summary>
    public HashSet<string> UnknownNames { get; } = [];

    internal void Add(TraceDamage damage)
    {
        if (Damages.Count < MostDamages)
            Damages.Add(damage);
        else
            MoreDamages++;
    }

    internal void AddUnknown(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (UnknownNames.Count < MostUnknownNames)
                UnknownNames.Add(name);
        }
    }

    /// <summary>Workers find damages in any order.</summary>
    internal void SortFrom(int first) => Damages.Sort(first, Damages.Count - first, Comparer<TraceDamage>.Create((a, b) => a.Offset.CompareTo(b.Offset)));
}
