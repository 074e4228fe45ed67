using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Workloads;

/// <summary>What an end of a connection is: the fields <c>src</c> and <c>dst</c>.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Namespace">Its namespace; empty for a node.</param>
/// <param name="Name">Its name.</param>
public sealed record Peer(PeerKind Kind, SafeText Namespace, SafeText Name);

/// <summary>What an address can belong to.</summary>
public enum PeerKind : byte
{
    /// <summary>A pod.</summary>
    Pod,

    /// <summary>A service.</summary>
    Service,

    /// <summary>A node, and so everything in its network.</summary>
    Node,
}
