using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Workloads;

/// <summary>A container of a pod. Its id is never used again: a restart makes a new one.</summary>
/// <param name="Id">The runtime's, in full.</param>
/// <param name="PodUid">Of which pod.</param>
/// <param name="Name">Its name in the pod.</param>
/// <param name="Image">As it was asked for.</param>
public sealed record ContainerInfo(string Id, string PodUid, string Name, string Image)
{
    /// <summary>Its name as it is shown: one object for all cgroups of the container.</summary>
    public SafeText Text => _text ??= NameText.Of(Name);

    private SafeText? _text;

    /// <summary>By content.</summary>
    public bool Equals(ContainerInfo? other) => other is not null && Id == other.Id && PodUid == other.PodUid && Name == other.Name && Image == other.Image;

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);
}
