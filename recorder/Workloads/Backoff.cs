namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// How long to wait before the next try. Each wait is twice as long as the one before, and a little random, so that clients that
/// lost the same server do not come back together. For one thread at a time.
/// </summary>
/// <param name="first">The first wait: half of this to all of it.</param>
/// <param name="longest">No wait is longer.</param>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    /// <summary>The next wait.</summary>
    public TimeSpan Next()
    {
        TimeSpan now = _next ?? first;
        _next = now * 2 < longest ? now * 2 : longest;
        return now * (0.5 + Random.Shared.NextDouble() / 2);
    }

    /// <summary>A try has succeeded: the next wait is a first one.</summary>
    public void Reset() => _next = null;
}
