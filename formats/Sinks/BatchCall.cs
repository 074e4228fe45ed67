namespace TcpTracer.Formats.Sinks;

/// <summary>
/// Who calls whom in some of the plain ends of a batch, by the objects that name both, and the sums of their numbers. It is a place of an
/// array, and large: pass it by reference.
/// </summary>
/// <param name="from">Names the caller.</param>
/// <param name="to">Names whom it called, by the address.</param>
/// <param name="reached">Names who answered, where that end was seen; null: it was not seen.</param>
/// <param name="port">The port that was called.</param>
public struct BatchCall(object from, object to, object? reached, ushort port)
{
    /// <summary>Names the caller.</summary>
    public object From { get; } = from;

    /// <summary>Names whom it called, by the address.</summary>
    public object To { get; } = to;

    /// <summary>Names who answered, where that end was seen; null: it was not seen.</summary>
    public object? Reached { get; } = reached;

    /// <summary>The port that was called.</summary>
    public ushort Port { get; } = port;

    /// <summary>
    /// Whether its ends count one by one, because something is known of one of them. Then the sums mean nothing.
    /// </summary>
    public bool IsSplit { get; internal set; }

    /// <summary>How many ends there are.</summary>
    public int Ends { get; internal set; }

    /// <summary>The end that ends first, among <see cref="EventBatch.Ends"/>.</summary>
    public int FirstToEnd { get; internal set; }

    /// <summary>Whether they were called; else they are callers.</summary>
    public readonly bool IsCalled => Reached is not null;

    /// <summary>Those whose flow is not known.</summary>
    public int Flowless { get; internal set; }

    /// <summary>When the first one began, in nanoseconds since 1970.</summary>
    public long FirstNs { get; internal set; } = long.MaxValue;

    /// <summary>When the last one began, in nanoseconds since 1970.</summary>
    public long LastNs { get; internal set; } = long.MinValue;

    /// <summary>Those whose bytes are known.</summary>
    public int Counted { get; internal set; }

    /// <summary>Payload from the callers, in bytes.</summary>
    public ulong BytesThere { get; internal set; }

    /// <summary>Payload to the callers, in bytes.</summary>
    public ulong BytesBack { get; internal set; }

    /// <summary>Segments that these ends have sent again.</summary>
    public ulong Retransmits { get; internal set; }

    /// <summary>How many of their connects or accepts have a known time, see <see cref="EventBatch.AgesOf"/>.</summary>
    public int Timed { get; internal set; }

    /// <summary>Where their times begin.</summary>
    internal int Ages { get; set; }
}
