using TcpTracer.Formats.Events;

namespace TcpTracer.Replay;

/// <summary>What a reader of traces finds beside the events.</summary>
public sealed class TraceFindings
{
    private const int MostUnknownNames = 20;

    /// <summary>What is wrong.</summary>
    public DamageList Damages { get; } = new();

    /// <summary>Whether the last record is the recorder's own end.</summary>
    public bool IsFinished { get; set; }

    /// <summary>Why the recorder ended the last trace that it finished.</summary>
    public string EndCause { get; set; } = "";

    /// <summary>Whether a trace knows more names than hindsight can keep: its events are named as they were seen.</summary>
    public bool IsTooMuchForHindsight { get; set; }

    /// <summary>Events in it.</summary>
    public long Events { get; set; }

    /// <summary>Events that had been lost when it was recorded, by cause.</summary>
    public Dictionary<LossSource, long> Lost { get; } = [];

    /// <summary>What this version does not know and passed over: record kinds and column encodings.</summary>
    public HashSet<string> UnknownNames { get; } = [];

    internal void AddUnknown(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            if (UnknownNames.Count < MostUnknownNames)
                UnknownNames.Add(name);
        }
    }
}
