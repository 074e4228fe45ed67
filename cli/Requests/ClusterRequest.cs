using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Text;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Requests;

/// <summary>Which cluster, and where in it the agents are.</summary>
internal sealed record ClusterRequest
{
    public required SourceOptions Sources { get; init; }

    /// <summary>The namespace of the agents.</summary>
    public required string AgentNamespace { get; init; }

    /// <summary>Whether agents are started for this run only.</summary>
    public bool Once { get; init; }

    /// <summary>The image of agents that are started; null: that of the manifest.</summary>
    public string? Image { get; init; }
}

/// <summary>What live output of a cluster was asked for.</summary>
internal sealed record ClusterLiveRequest
{
    public required ClusterRequest Cluster { get; init; }

    public required Selection Selection { get; init; }

    public required EventFormat Format { get; init; }

    public bool Connections { get; init; }

    public bool WithStatus { get; init; }

    /// <summary>How long an event waits for earlier ones of other nodes.</summary>
    public required TimeSpan Delay { get; init; }

    public TimeSpan? Duration { get; init; }

    public long? Count { get; init; }
}

/// <summary>Which trace of a cluster was asked for.</summary>
internal sealed record ClusterRecordRequest
{
    public required ClusterRequest Cluster { get; init; }

    public required Selection Selection { get; init; }

    public required string Output { get; init; }

    public bool Force { get; init; }

    /// <summary>For how long; null: until Ctrl-C.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>What has happened since then, in nanoseconds since 1970; null: what happens from now on.</summary>
    public long? SinceNs { get; init; }

    /// <summary>Whether clocks are set right by connections that were seen at both ends.</summary>
    public bool IsAligned { get; init; }
}
