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

    internal void AddCalls(Edge edge)
    {
        Calls += edge.Calls;
        Sent += edge.BytesThere;
        Received += edge.BytesBack;
    }

    internal void AddCalled(Edge edge)
    {
        Called += edge.Calls;
        Sent += edge.BytesBack;
        Received += edge.BytesThere;
    }
}
