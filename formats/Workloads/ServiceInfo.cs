using System.Collections.Immutable;

namespace TcpTracer.Formats.Workloads;

/// <summary>A Kubernetes service with cluster addresses.</summary>
/// <param name="Uid">The uid of the API object.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Claims">Its cluster addresses.</param>
public sealed record ServiceInfo(string Uid, string Namespace, string Name, ImmutableArray<AddressClaim> Claims)
{
    /// <summary>The service as an end of a connection.</summary>
    public Peer Peer => _peer ??= new Peer(PeerKind.Service, NameText.Of(Namespace), NameText.Of(Name));

    private Peer? _peer;

    /// <summary>Whether both have the same content.</summary>
    public bool Equals(ServiceInfo? other) =>
        other is not null && Uid == other.Uid && Namespace == other.Namespace && Name == other.Name
        && Claims.AsSpan().SequenceEqual(other.Claims.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Uid.GetHashCode(StringComparison.Ordinal);
}
