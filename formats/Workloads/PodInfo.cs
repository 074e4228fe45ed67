using System.Collections.Immutable;

namespace TcpTracer.Formats.Workloads;

/// <summary>A pod, as a source last described it. Its names never change, the rest may.</summary>
/// <param name="Uid">As its cgroups are named: for a static pod not the API object's uid, but the hash of its configuration.</param>
/// <param name="Namespace">Its Kubernetes namespace.</param>
/// <param name="Name">Its name in that.</param>
public sealed record PodInfo(string Uid, string Namespace, string Name)
{
    /// <summary>The node it is bound to; empty: not known.</summary>
    public string Node { get; init; } = "";

    /// <summary>What it belongs to, as <c>Deployment/web</c>; empty: nothing, or not known.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Its labels.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = NoLabels;

    /// <summary>The addresses that are or lately were its own: none for a pod in the host's network.</summary>
    public ImmutableArray<AddressClaim> Claims { get; init; } = [];

    /// <summary>The pod as an end of a connection: one object for all that mention it, for its names may be long.</summary>
    public Peer Peer => _peer ??= new Peer(PeerKind.Pod, NameText.Of(Namespace), NameText.Of(Name));

    private Peer? _peer;

    /// <summary>A pod without labels.</summary>
    public static readonly ImmutableSortedDictionary<string, string> NoLabels = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>By content.</summary>
    public bool Equals(PodInfo? other) =>
        other is not null && Uid == other.Uid && Namespace == other.Namespace && Name == other.Name && Node == other.Node && Owner == other.Owner
        && Labels.SequenceEqual(other.Labels) && Claims.AsSpan().SequenceEqual(other.Claims.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Uid.GetHashCode(StringComparison.Ordinal);
}
