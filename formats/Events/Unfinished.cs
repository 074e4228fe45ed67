namespace TcpTracer.Formats.Events;

/// <summary>What had no end when the recording ended. It counts everything that the kernel knew, whatever the filter selected.</summary>
/// <param name="Open">Connections that are open.</param>
/// <param name="Closing">Connections that their owner has closed, while TCP has not finished.</param>
/// <param name="Unanswered">Connects that have no answer yet.</param>
/// <param name="NeverAccepted">Connections that their listener never accepted.</param>
/// <param name="HandshakesDropped">SYNs and last segments of handshakes that listeners dropped because their accept queue was full.</param>
public readonly record struct Unfinished(long Open, long Closing, long Unanswered, long NeverAccepted, long HandshakesDropped)
{
    /// <summary>All counts, with their names in a trace and in JSON.</summary>
    public IEnumerable<(string Name, long Count)> Counts =>
    [
        ("open", Open), ("closing", Closing), ("unanswered", Unanswered),
        ("never_accepted", NeverAccepted), ("handshakes_dropped", HandshakesDropped),
    ];

    /// <summary>The counts of two recordings; one that is not known adds nothing.</summary>
    public static Unfinished? Sum(Unfinished? one, Unfinished? other)
    {
        if (one is not { } a || other is not { } b)
            return one ?? other;
        return unchecked(new Unfinished(a.Open + b.Open, a.Closing + b.Closing, a.Unanswered + b.Unanswered,
            a.NeverAccepted + b.NeverAccepted, a.HandshakesDropped + b.HandshakesDropped));
    }

    /// <summary>The same counts, with one of them replaced.</summary>
    /// <param name="name">The name of the count in a trace; an unknown name changes nothing.</param>
    /// <param name="count">The new count.</param>
    public Unfinished With(string name, long count) => name switch
    {
        "open" => this with { Open = count },
        "closing" => this with { Closing = count },
        "unanswered" => this with { Unanswered = count },
        "never_accepted" => this with { NeverAccepted = count },
        "handshakes_dropped" => this with { HandshakesDropped = count },
        _ => this,
    };
}
