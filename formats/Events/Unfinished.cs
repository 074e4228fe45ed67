namespace TcpTracer.Formats.Events;

/// <summary>What came to no end while it was recorded, whatever was selected of it.</summary>
/// <param name="Open">Connections that are open.</param>
/// <param name="Closing">Connections that their owner has closed, and TCP has not finished.</param>
/// <param name="Unanswered">Connects without an answer yet.</param>
/// <param name="NeverAccepted">Connections that their listener never accepted.</param>
/// <param name="HandshakesDropped">SYNs and last segments of handshakes that listeners dropped because their accept queue was full.</param>
public readonly record struct Unfinished(long Open, long Closing, long Unanswered, long NeverAccepted, long HandshakesDropped)
{
    /// <summary>Each by its name in a trace and in JSON.</summary>
    public IEnumerable<(string Name, long Count)> Counts =>
        [("open", Open), ("closing", Closing), ("unanswered", Unanswered), ("never_accepted", NeverAccepted), ("handshakes_dropped", HandshakesDropped)];

    /// <summary>The same with one of them.</summary>
    /// <param name="name">Its name in a trace; another one changes nothing.</param>
    /// <param name="count">How many.</param>
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
