using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Findings;

namespace TcpTracer.Cli.Handlers;

/// <summary>What a page has to say of the traces themselves: what is not in them, though it may have happened.</summary>
internal sealed class TraceCaveats
{
    private const int MostTraces = 8, MostSentences = 20;
    private readonly List<Sentence> _incomplete = [], _selected = [];
    private int _traces;

    /// <summary>Whether parts of a trace cannot be read, or may never have been written.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>What is damaged, cut off or unfinished, and which nodes gave nothing.</summary>
    public IReadOnlyList<Sentence> Incomplete => _incomplete;

    /// <summary>What the recording selected, and what copies were made of it.</summary>
    public IReadOnlyList<Sentence> Selected => _selected;

    /// <summary>Adds a trace that has been read.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="header">Its header; null: it has none.</param>
    /// <param name="findings">Of all traces so far.</param>
    /// <param name="damages">Those of this one.</param>
    public void Add(string file, TraceHeader? header, TraceFindings findings, IEnumerable<TraceDamage> damages)
    {
        foreach (Sentence sentence in TraceEnds.Of(file, findings, damages, isCutShort: false))
        {
            IsIncomplete = true;
            if (_incomplete.Count < MostSentences)
                _incomplete.Add(sentence);
        }
        IReadOnlyList<AbsentNode> absent = header?.Absent ?? [];
        int room = Math.Max(0, MostSentences - _incomplete.Count);
        _incomplete.AddRange(absent.Take(room).Select(Messages.Of));
        if (absent.Count > room && room > 0)
            _incomplete.Add($"and {Messages.Count(absent.Count - room, "more node")} gave nothing");
        if (header is not null && _traces++ < MostTraces)
            _selected.AddRange(RecordedSelection.Sentences(file, header).Take(MostSentences));
    }
}
