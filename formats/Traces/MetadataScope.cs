namespace TcpTracer.Formats.Traces;

/// <summary>Which names go into a trace.</summary>
public enum MetadataScope
{
    /// <summary>Names that the events of the trace refer to. No other names are needed to print the events.</summary>
    Referenced,

    /// <summary>All names that the sources report about the cluster.</summary>
    Cluster,

    /// <summary>Names of this node's pods and containers.</summary>
    Node,

    /// <summary>No names: a replay cannot name any pod.</summary>
    None,
}
