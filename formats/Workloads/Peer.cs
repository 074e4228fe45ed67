using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Workloads;

/// <summary>The pod, service or node at one end of a connection, for the fields <c>src</c> and <c>dst</c>.</summary>
/// <param name="Kind">What kind it is.</param>
/// <param name="Namespace">Its Kubernetes namespace; empty for a node.</param>
/// <param name="Name">Its name.</param>
public sealed record Peer(PeerKind Kind, SafeText Namespace, SafeText Name);

/// <summary>The kinds of entry that an address can belong to.</summary>
public enum PeerKind : byte
{
    /// <summary>A pod.</summary>
    Pod,

    /// <summary>A service.</summary>
    Service,

    /// <summary>A node. Everything in the node's own network has the node's addresses.</summary>
    Node,
}
