namespace TcpTracer.Recorder.Cluster;

/// <summary>Something that RBAC may allow.</summary>
/// <param name="Verb">Such as <c>list</c>.</param>
/// <param name="Resource">Such as <c>pods</c>.</param>
/// <param name="Namespace">Where; empty: in the whole cluster.</param>
public sealed record ClusterAccess(string Verb, string Resource, string Namespace)
{
    /// <summary>The part of the resource; empty: the resource itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The API group; empty: the core.</summary>
    public string Group { get; init; } = "";

    /// <summary>As a Role names it.</summary>
    public string FullResource => $"{Resource}{(Subresource.Length > 0 ? "/" : "")}{Subresource}{(Group.Length > 0 ? "." : "")}{Group}";
}
