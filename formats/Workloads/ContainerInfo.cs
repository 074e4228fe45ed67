using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Workloads;

/// <summary>A container of a pod. A restarted container gets a new id; an id is never used again.</summary>
/// <param name="Id">The container runtime's full id.</param>
/// <param name="PodUid">The uid of its pod.</param>
/// <param name="Name">Its name in the pod.</param>
/// <param name="Image">The image, as the pod's specification names it.</param>
public sealed record ContainerInfo(string Id, string PodUid, string Name, string Image)
{
    /// <summary>Its name for printing. It is one object, which all cgroups of the container share.</summary>
    public SafeText Text => _text ??= NameText.Of(Name);

    private SafeText? _text;

    /// <summary>Whether both have the same content.</summary>
    public bool Equals(ContainerInfo? other) =>
        other is not null && Id == other.Id && PodUid == other.PodUid && Name == other.Name && Image == other.Image;

    /// <inheritdoc/>
    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal);
}
