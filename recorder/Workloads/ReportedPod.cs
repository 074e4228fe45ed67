using System.Collections.Immutable;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>A pod as one source describes it now.</summary>
/// <param name="Uid">
/// The uid in the names of its cgroups. For a static pod that is the hash of its configuration (annotation
/// <c>kubernetes.io/config.hash</c>).
/// </param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
public sealed record ReportedPod(string Uid, string Namespace, string Name)
{
    /// <summary>The node that it is bound to; empty: this source does not say.</summary>
    public string Node { get; init; } = "";

    /// <summary>What owns it, as <c>Deployment/web</c>; empty: nothing does, or this source does not say.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Its labels; null: this source does not say.</summary>
    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    /// <summary>The addresses that belong to it alone. None: it is in the host's network, has none yet, or has ended.</summary>
    public ImmutableArray<Address> Addresses { get; init; } = [];

    /// <summary>Since when it may have had them, in wall time (ns); null: since it was seen.</summary>
    public long? SinceWallNs { get; init; }

    /// <summary>
    /// Whether this source has seen it end: none of its containers runs, and none will run again. Then it owns no address, whatever another
    /// source says that has not noticed yet.
    /// </summary>
    public bool HasEnded { get; init; }

    /// <summary>When it ended, in wall time (ns); null: this source does not say.</summary>
    public long? EndedWallNs { get; init; }

    /// <summary>Its containers, of all kinds, running or not.</summary>
    public ImmutableArray<ContainerInfo> Containers { get; init; } = [];

    /// <summary>
    /// The one container that it can have, by its specification: with its name and image, and no id yet. null: it may have several, or this
    /// source does not say.
    /// </summary>
    public ContainerInfo? OnlyContainer { get; init; }

    /// <summary>Compares the contents, also of lists.</summary>
    public bool Equals(ReportedPod? other) =>
        other is not null
        && Uid == other.Uid && Namespace == other.Namespace && Name == other.Name && Node == other.Node && Owner == other.Owner
        && SinceWallNs == other.SinceWallNs && OnlyContainer == other.OnlyContainer
        && HasEnded == other.HasEnded && EndedWallNs == other.EndedWallNs
        && (Labels is null ? other.Labels is null : other.Labels is not null && Labels.SequenceEqual(other.Labels))
        && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan()) && Containers.AsSpan().SequenceEqual(other.Containers.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Uid.GetHashCode(StringComparison.Ordinal);
}
