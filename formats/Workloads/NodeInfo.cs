using System.Collections.Immutable;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Workloads;

/// <summary>A node of the cluster.</summary>
/// <param name="Name">Its name, which is also its key.</param>
/// <param name="Claims">Its addresses.</param>
public sealed record NodeInfo(string Name, ImmutableArray<AddressClaim> Claims)
{
    /// <summary>The node as an end of a connection.</summary>
    public Peer Peer => _peer ??= new Peer(PeerKind.Node, SafeText.Empty, NameText.Of(Name));

    private Peer? _peer;

    /// <summary>Whether both have the same content.</summary>
    public bool Equals(NodeInfo? other) => other is not null && Name == other.Name && Claims.AsSpan().SequenceEqual(other.Claims.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}
