using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Findings;

/// <summary>What a reader of traces finds beside the events. Several threads may add to it.</summary>
public sealed class TraceFindings
{
    private const int MostUnknownNames = 20;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _present = [];

    /// <summary>What is damaged.</summary>
    public DamageList Damages { get; } = new();

    /// <summary>Whether the last record is the recorder's own end record.</summary>
    public bool IsFinished { get; set; }

    /// <summary>Why the recorder ended the last trace that it finished.</summary>
    public string EndCause { get; private set; } = "";

    /// <summary>Whether a trace has more names than hindsight can hold in memory: its events are named as they were seen.</summary>
    public bool IsTooMuchForHindsight { get; set; }

    /// <summary>Events in the traces.</summary>
    public long Events { get; internal set; }

    /// <summary>Events that damage made unreadable, as far as the files show.</summary>
    public long EventsUnread { get; internal set; }

    /// <summary>Events that were lost while the traces were recorded, by cause.</summary>
    public Dictionary<LossSource, long> Lost { get; } = [];

    /// <summary>Kinds of record and column encodings that this version does not know, and passed over.</summary>
    public HashSet<string> UnknownNames { get; } = [];

    /// <summary>Nodes that a merged trace has nothing of, by name. What another trace has is not absent.</summary>
    public SortedDictionary<string, AbsentNode> Absent { get; } = new(StringComparer.Ordinal);

    internal void Add(TraceDamage damage)
    {
        lock (_lock)
            Damages.Add(damage);
    }

    internal void Add(in LossRecord loss)
    {
        lock (_lock)
            Lost[loss.Source] = unchecked(Lost.GetValueOrDefault(loss.Source) + loss.Count); // a stranger's numbers
    }

    internal void Add(TraceHeader header)
    {
        IsFinished = false;
        foreach (string node in header.Merged.Select(s => s.Header.Node).Append(header.Node).Where(n => n.Length <= TraceLimits.NodeChars))
        {
            if (_present.Count < TraceLimits.Sources && _present.Add(node))
                Absent.Remove(node);
        }
        foreach (AbsentNode node in header.Absent.Where(a => !_present.Contains(a.Node)))
        {
            if (Absent.Count < TraceLimits.Sources)
                Absent[node.Node] = node;
        }
    }

    internal void Add(TraceEnd end)
    {
        IsFinished = true;
        EndCause = end.Cause;
    }

    internal void AddUnknown(IEnumerable<string> names)
    {
        lock (_lock)
        {
            foreach (string name in names)
            {
                if (UnknownNames.Count < MostUnknownNames)
                    UnknownNames.Add(name);
            }
        }
    }
}
