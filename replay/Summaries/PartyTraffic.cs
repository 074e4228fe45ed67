using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Summaries;

/// <summary>What a party called and was called, sent and received.</summary>
/// <param name="party">The party.</param>
public sealed class PartyTraffic(Party party)
{
    /// <summary>The party.</summary>
    public Party Party => party;

    /// <summary>Connections that it began.</summary>
    public long Calls { get; private set; }

    /// <summary>Connections that others began to it.</summary>
    public long Called { get; private set; }

    /// <summary>Connections of it, whoever began them.</summary>
    public long Connections => Calls + Called;

    /// <summary>Payload from it, in bytes.</summary>
    public ulong Sent { get; private set; }

    /// <summary>Payload to it, in bytes.</summary>
    public ulong Received { get; private set; }

    /// <summary>It called.</summary>
    /// <param name="count">How often.</param>
    /// <param name="there">Payload from it, in bytes.</param>
    /// <param name="back">Payload to it, in bytes.</param>
    internal void AddCalls(long count, ulong there, ulong back)
    {
        Calls += count;
        Sent += there;
        Received += back;
    }

    /// <summary>It was called.</summary>
    /// <param name="count">How often.</param>
    /// <param name="there">Payload to it, in bytes.</param>
    /// <param name="back">Payload from it, in bytes.</param>
    internal void AddCalled(long count, ulong there, ulong back)
    {
        Called += count;
        Sent += back;
        Received += there;
    }
}
