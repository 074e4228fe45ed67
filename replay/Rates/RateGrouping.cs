namespace TcpTracer.Replay.Rates;

/// <summary>What the rows of <c>top</c> are.</summary>
public enum RateGrouping
{
    /// <summary>Commands.</summary>
    Command,

    /// <summary>Workloads: what pods belong to; commands where there are no pods.</summary>
    Workload,

    /// <summary>Who is called: a workload, service, node or address, with its port.</summary>
    Destination,
}
