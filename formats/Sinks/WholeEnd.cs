namespace TcpTracer.Formats.Sinks;

/// <summary>
/// An end of a connection in a batch, of which all events are in the batch if it <see cref="IsWhole"/>. It is a place of an array, and
/// large: pass it by reference.
/// </summary>
public struct WholeEnd
{
    private const int NoCall = -1;

    /// <summary>When it began, in nanoseconds of boot time; with <see cref="StartCpu"/> and its node that is its identity.</summary>
    public long StartNs { get; internal set; }

    /// <summary>The processor on which it began.</summary>
    public uint StartCpu { get; internal set; }

    /// <summary>The same at both ends of its connection; 0: not known.</summary>
    public ulong Flow { get; internal set; }

    /// <summary>The place of its first event.</summary>
    public int First { get; internal set; }

    /// <summary>The place of its last event.</summary>
    public int Last { get; internal set; }

    /// <summary>
    /// Whether all of its events are in the batch, the last one is its end, and no other end in the batch has its identity or its flow.
    /// Else its events count one by one.
    /// </summary>
    public bool IsWhole { get; internal set; }

    /// <summary>
    /// Whether it is as most are: whole, from its connect or its accept to its orderly end. Then what follows is known, and its numbers are
    /// in the sums of its call.
    /// </summary>
    public readonly bool IsPlain => Call != NoCall;

    /// <summary>The number of its call among <see cref="EventBatch.Calls"/>.</summary>
    public int Call { get; internal set; }

    /// <summary>Whether it is the first to end of those of its call.</summary>
    public bool IsFirstOfCall { get; internal set; }

    /// <summary>The port that was called.</summary>
    public ushort CalledPort { get; internal set; }

    /// <summary>Whether it was called.</summary>
    public bool IsCalled { get; internal set; }

    /// <summary>When it began, in nanoseconds since 1970.</summary>
    public long StartWallNs { get; internal set; }

    /// <summary>Whether <see cref="AgeNs"/> is known.</summary>
    public bool IsTimed { get; internal set; }

    /// <summary>How long its connect or its accept took, in nanoseconds.</summary>
    public ulong AgeNs { get; internal set; }

    /// <summary>The number of the dictionary entry that has its own end.</summary>
    internal int Local { get; set; }

    /// <summary>The number of the dictionary entry that has the other end.</summary>
    internal int Remote { get; set; }

    /// <summary>The number of the place that was called; below <see cref="EventBatch.CalledPlaces"/>.</summary>
    internal readonly int Called => IsCalled ? 2 * Local : 2 * Remote + 1;

    /// <summary>Nothing is said of its numbers.</summary>
    internal void SetNotPlain() => Call = NoCall;
}
