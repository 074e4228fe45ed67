namespace TcpTracer.Recorder.Workloads;

/// <summary>How a source of names did until some moment. Times are boot times in nanoseconds.</summary>
public sealed record SourceHistory
{
    /// <summary>When it answered first; null: it never did.</summary>
    public long? FirstNs { get; init; }

    /// <summary>When it was last known to answer; null: it never was.</summary>
    public long? LastNs { get; init; }

    /// <summary>How often it began to fail.</summary>
    public int Failures { get; init; }

    /// <summary>How long it failed, all times together.</summary>
    public long FailedNs { get; init; }

    private long? FailsSinceNs { get; init; }

    /// <summary>Whether it fails at the end.</summary>
    public bool Fails => FailsSinceNs is not null;

    /// <summary>The history after something has become known.</summary>
    /// <param name="fails">Whether it fails from now on.</param>
    /// <param name="nowNs">The moment.</param>
    public SourceHistory With(bool fails, long nowNs)
    {
        if (fails)
        {
            return FailsSinceNs is not null ? this
                : this with { LastNs = FirstNs is null ? null : nowNs, Failures = Failures + 1, FailsSinceNs = nowNs };
        }
        return this with
        {
            FirstNs = FirstNs ?? nowNs,
            LastNs = nowNs,
            FailedNs = FailedNs + (FailsSinceNs is { } since ? nowNs - since : 0),
            FailsSinceNs = null,
        };
    }

    /// <summary>The history until a moment at which nothing new has become known.</summary>
    public SourceHistory UntilNow(long nowNs) => FailsSinceNs is { } since
        ? this with { FailedNs = FailedNs + nowNs - since, FailsSinceNs = nowNs }
        : this with { LastNs = FirstNs is null ? null : nowNs };
}
