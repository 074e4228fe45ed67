using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Sinks;

/// <summary>Counts of the events of a batch. They need no order, so workers count side by side.</summary>
public sealed class EventCounts
{
    /// <summary>Events of one span are within the same multiple of this, in nanoseconds since 1970.</summary>
    public const long SpanNs = 1_000_000;

    private readonly long[] _operations = new long[(int)Operation.Unaccepted + 1];
    private EventSpan[] _spans = new EventSpan[64];
    private int _count;
    private long _begin, _last;

    /// <summary>Has counted nothing.</summary>
    public EventCounts() => Clear();

    /// <summary>By operation; at place 0 those that this version does not know.</summary>
    public ReadOnlySpan<long> Operations => _operations;

    /// <summary>Events whose process is not known.</summary>
    public long Ownerless { get; private set; }

    /// <summary>Events whose process may be in a pod of which no name is known.</summary>
    public long Podless { get; private set; }

    /// <summary>Events over time; a time may have several spans.</summary>
    public ReadOnlySpan<EventSpan> Spans => _spans.AsSpan(0, _count);

    /// <summary>When the first event was, in nanoseconds since 1970.</summary>
    public long FirstNs { get; private set; }

    /// <summary>When the last event was, in nanoseconds since 1970.</summary>
    public long LastNs { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_operations);
        Ownerless = Podless = 0;
        _count = 0;
        (_begin, _last) = (FirstNs, LastNs) = (long.MaxValue, long.MinValue);
    }

    /// <summary>Counts when an event was, and what happened.</summary>
    public void Add(Operation operation, long wallNs)
    {
        _operations[(int)operation < _operations.Length ? (int)operation : 0]++;
        (FirstNs, LastNs) = (Math.Min(FirstNs, wallNs), Math.Max(LastNs, wallNs));
        if (wallNs < _begin || wallNs > _last)
            BeginSpan(wallNs);
        ref EventSpan span = ref _spans[_count - 1];
        span.Events++;
        span.Failed += operation is Operation.ConnectFailed or Operation.Unaccepted ? 1 : 0;
    }

    /// <summary>Counts whose an event was.</summary>
    public void AddOwner(ProcessIdentity process, Workload workload)
    {
        Ownerless += IsOwnerless(process) ? 1 : 0;
        Podless += IsPodless(workload) ? 1 : 0;
    }

    /// <summary>Whether a process is not known.</summary>
    internal static bool IsOwnerless(ProcessIdentity process) => process.Comm.Raw.Length == 0 && process.Pid == 0;

    /// <summary>Whether a workload may be in a pod of which no name is known.</summary>
    internal static bool IsPodless(Workload workload) =>
        workload.Pod.Equals(Workload.Unknown) || workload.Namespace.Equals(Workload.Unknown);

    private void BeginSpan(long wallNs)
    {
        long since = ((wallNs % SpanNs) + SpanNs) % SpanNs;
        bool isWhole = wallNs is > long.MinValue + SpanNs and < long.MaxValue - SpanNs; // else it has no room in a number
        (_begin, _last) = isWhole ? (wallNs - since, wallNs - since + SpanNs - 1) : (wallNs, wallNs);
        if (_count == _spans.Length)
            Array.Resize(ref _spans, 2 * _count);
        _spans[_count++] = new EventSpan { WallNs = wallNs };
    }
}

/// <summary>Events of one time.</summary>
public struct EventSpan
{
    /// <summary>When one of them was, in nanoseconds since 1970.</summary>
    public long WallNs { get; internal set; }

    /// <summary>How many.</summary>
    public long Events { get; internal set; }

    /// <summary>Those of them that tell of a failure.</summary>
    public long Failed { get; internal set; }
}
