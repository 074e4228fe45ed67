namespace TcpTracer.Formats.Sinks;

/// <summary>
/// An end of a connection in a batch, of which there are all events in the batch if it <see cref="IsWhole"/>. It is a field of an array, and
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
    /// Whether all of its events are in the batch, the last one is its end, and no other end in the batch has its identity or its flow. Else
    /// its events count one by one.
    /// </summary>
    public bool IsWhole { get; internal set; }

    /// <summary>
    /// Whether it is as most are: whole, from its connect or its accept to its orderly end. Then the numbers below say all that is added up
    /// of it; else they mean nothing.
    /// </summary>
    public readonly bool IsPlain => Call != NoCall;

    /// <summary>The number of its call among <see cref="EventBatch.Calls"/>.</summary>
    public int Call { get; internal set; }

    /// <summary>Whether it was called.</summary>
    public bool IsCalled { get; internal set; }

    /// <summary>When it began, in nanoseconds since 1970.</summary>
    public long StartWallNs { get; internal set; }

    /// <summary>Whether <see cref="AgeNs"/> is known.</summary>
    public bool IsTimed { get; internal set; }

    /// <summary>How long its connect or its accept took, in nanoseconds.</summary>
    public ulong AgeNs { get; internal set; }

    /// <summary>Whether the three numbers that follow are known.</summary>
    public bool IsCounted { get; internal set; }

    /// <summary>Payload that it has sent, in bytes.</summary>
    public ulong Sent { get; internal set; }

    /// <summary>Payload that it has received, in bytes.</summary>
    public ulong Received { get; internal set; }

    /// <summary>Segments that it has sent again.</summary>
    public uint Retransmits { get; internal set; }

    /// <summary>The number of the dictionary entry that has its own end.</summary>
    internal int Local { get; set; }

    /// <summary>The number of the dictionary entry that has the other end.</summary>
    internal int Remote { get; set; }

    /// <summary>Nothing is said of its numbers.</summary>
    internal void SetNotPlain() => Call = NoCall;
}

/// <summary>Who calls whom in some of the plain ends of a batch, by the objects that name both.</summary>
/// <param name="From">Names the caller.</param>
/// <param name="To">Names whom it called, by the address.</param>
/// <param name="Reached">Names who answered, where that end was seen; null: it was not seen.</param>
/// <param name="Port">The port that was called.</param>
public readonly record struct BatchCall(object From, object To, object? Reached, ushort Port);
