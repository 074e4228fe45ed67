namespace TcpTracer.Formats.Traces;

/// <summary>How much of what is known about pods, containers, services and nodes goes into a trace.</summary>
public enum MetadataScope
{
    /// <summary>What its events mention, which is all that is needed to print them again.</summary>
    Referenced,

    /// <summary>Everything that the sources say about the cluster.</summary>
    Cluster,

    /// <summary>What concerns this node.</summary>
    Node,

    /// <summary>Nothing: no pod is named at replay.</summary>
    None,
}
