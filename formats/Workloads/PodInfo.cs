using System.Collections.Immutable;

namespace TcpTracer.Formats.Workloads;

/// <summary>A pod, as a source of names last described it. Its uid, namespace and name never change; the rest may.</summary>
/// <param name="Uid">The uid that its cgroups are named by. For a static pod this is the hash of its configuration, not the
/// API object's uid.</param>
/// <param name="Namespace">Its Kubernetes namespace.</param>
/// <param name="Name">Its name in the namespace.</param>
public sealed record PodInfo(string Uid, string Namespace, string Name)
{
    /// <summary>The name of its node; empty: not known.</summary>
    public string Node { get; init; } = "";

    /// <summary>The workload that it belongs to, such as <c>Deployment/web</c>; empty: none, or not known.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Its labels.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = NoLabels;

    /// <summary>The addresses that it has or lately had. A pod in the host's network has none.</summary>
    public ImmutableArray<AddressClaim> Claims { get; init; } = [];

    /// <summary>The pod as an end of a connection. It is one object, which all events share, because the names may be long.</summary>
    public Peer Peer => _peer ??= new Peer(PeerKind.Pod, NameText.Of(Namespace), NameText.Of(Name));

    private Peer? _peer;

    /// <summary>No labels.</summary>
    public static readonly ImmutableSortedDictionary<string, string> NoLabels =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Whether both have the same content.</summary>
    public bool Equals(PodInfo? other) =>
        other is not null && Uid == other.Uid && Namespace == other.Namespace && Name == other.Name
        && Node == other.Node && Owner == other.Owner
        && Labels.SequenceEqual(other.Labels) && Claims.AsSpan().SequenceEqual(other.Claims.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Uid.GetHashCode(StringComparison.Ordinal);
}
