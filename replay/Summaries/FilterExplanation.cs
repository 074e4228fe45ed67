using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Summaries;

/// <summary>Finds out why an expression selects what it does: it tries each of its conditions on all events.</summary>
/// <param name="parts">The conditions.</param>
/// <param name="others">The other options that select.</param>
/// <param name="times">Which times are wanted, once they are settled.</param>
/// <param name="allowance">A limit for the text that is made of the events.</param>
public sealed class FilterExplanation(
    IReadOnlyList<FilterPart> parts, EventFilter others, TimeWindow times, Allowance allowance) : IEventSink
{
    private readonly long[] _operations = new long[(int)Operation.Unaccepted + 1];
    private readonly bool[] _holds = new bool[parts.Count];
    private readonly LossTimes _losses = new();
    private WallWindow? _window;

    /// <summary>The conditions, and what was found of each.</summary>
    public IReadOnlyList<PartFinding> Parts { get; } = [.. parts.Select(p => new PartFinding(p, new FieldValues(p.Fields, allowance)))];

    /// <summary>Events in the traces.</summary>
    public long Events { get; private set; }

    /// <summary>When the first and the last event of all were.</summary>
    public WallWindow Span { get; private set; } = new(long.MaxValue, long.MinValue);

    /// <summary>Events that fulfil everything.</summary>
    public long Matching { get; private set; }

    /// <summary>When the first and the last of them were.</summary>
    public WallWindow MatchingSpan { get; private set; } = new(long.MaxValue, long.MinValue);

    /// <summary>Those of them that <c>show</c> shows only if it is asked for them: older connections and progress.</summary>
    public long MatchingUnshown { get; private set; }

    /// <summary>Events that fulfil everything but the time.</summary>
    public long AtOtherTimes { get; private set; }

    /// <summary>When the first and the last of these were.</summary>
    public WallWindow OtherTimes { get; private set; } = new(long.MaxValue, long.MinValue);

    /// <summary>Events that fulfil everything but the other options.</summary>
    public long NotSelected { get; private set; }

    /// <summary>Events whose pod is not known.</summary>
    public long Podless { get; private set; }

    /// <summary>Events of an operation.</summary>
    public long CountOf(Operation operation) => _operations[(int)operation];

    /// <summary>The window of time that is wanted; null: all times, or there is no event.</summary>
    public WallWindow? Window => _window;

    /// <summary>What was lost, and between which times.</summary>
    public IReadOnlyDictionary<LossSource, (long Count, WallWindow Times)> Losses => _losses.All;

    /// <inheritdoc/>
    public void OnEvent(in TcpEvent e)
    {
        Events++;
        Span = Widened(Span, e.WallNs);
        _operations[(int)e.Operation < _operations.Length ? (int)e.Operation : 0]++;
        Podless += e.Workload.Pod.Equals(Workload.Unknown) ? 1 : 0;
        if (times.IsBounded)
            _window ??= times.From(e.WallNs);
        bool isInTime = _window?.Contains(e.WallNs) != false, isSelected = others.Matches(in e);
        int missing = 0, missingPart = -1;
        for (int i = 0; i < _holds.Length; i++)
        {
            _holds[i] = parts[i].Matches(in e);
            Parts[i].Count(_holds[i], in e);
            if (!_holds[i])
                (missing, missingPart) = (missing + 1, i);
        }
        if (missing == 1 && isInTime && isSelected)
            Parts[missingPart].Alone++;
        if (missing > 0)
            return;
        NotSelected += isInTime && !isSelected ? 1 : 0;
        if (!isInTime && isSelected)
            (AtOtherTimes, OtherTimes) = (AtOtherTimes + 1, Widened(OtherTimes, e.WallNs));
        if (!isInTime || !isSelected)
            return;
        (Matching, MatchingSpan) = (Matching + 1, Widened(MatchingSpan, e.WallNs));
        MatchingUnshown += e.Operation is Operation.Existing or Operation.Progress ? 1 : 0;
    }

    private static WallWindow Widened(WallWindow span, long ns) => new(Math.Min(span.SinceNs, ns), Math.Max(span.UntilNs, ns));

    /// <inheritdoc/>
    public void OnClock(in ClockSample sample) => _losses.Follow(in sample);

    /// <inheritdoc/>
    public void OnLoss(in LossRecord loss) => _losses.Add(in loss);
}

/// <summary>What was found of one condition.</summary>
/// <param name="part">The condition.</param>
/// <param name="values">The values of its fields.</param>
public sealed class PartFinding(FilterPart part, FieldValues values)
{
    /// <summary>The condition.</summary>
    public FilterPart Part => part;

    /// <summary>The values that its fields have in all events.</summary>
    public FieldValues Values => values;

    /// <summary>Events that fulfil it.</summary>
    public long Holds { get; private set; }

    /// <summary>Events that fulfil everything but it.</summary>
    public long Alone { get; internal set; }

    internal void Count(bool holds, in TcpEvent e)
    {
        Holds += holds ? 1 : 0;
        if (Holds == 0 && part.Fields.Count > 0) // as soon as there is one, nobody asks for the others
            values.Add(in e);
    }
}
