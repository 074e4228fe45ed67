namespace TcpTracer.Replay.Reports;

/// <summary>What happened on one edge in one interval.</summary>
/// <param name="interval">The number of the interval.</param>
internal sealed class TimeCell(long interval)
{
    /// <summary>The number of the interval: its beginning in nanoseconds since 1970, divided by the width of the grid.</summary>
    public long Interval { get; set; } = interval;

    /// <summary>Connections that began, also those that failed.</summary>
    public int Calls { get; set; }

    /// <summary>Connections of these that failed.</summary>
    public int Failed { get; set; }

    /// <summary>Connections that were broken off, whenever they began.</summary>
    public int Resets { get; set; }

    /// <summary>How long the connects took; null: no time is known.</summary>
    public LatencyBins? Latency { get; private set; }

    /// <summary>How much room it takes in the page.</summary>
    public int Size => 1 + (Latency?.Count ?? 0);

    /// <summary>Counts how long a connect took.</summary>
    public void AddLatency(ulong ns) => (Latency ??= new LatencyBins()).Add(LatencyBins.BinOf(ns));

    /// <summary>Adds what happened in another interval.</summary>
    public void Add(TimeCell other)
    {
        Calls += other.Calls;
        Failed += other.Failed;
        Resets += other.Resets;
        if (other.Latency is { } latency)
            (Latency ??= new LatencyBins()).Add(latency);
    }
}
