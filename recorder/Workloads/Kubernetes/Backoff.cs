namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>How long to wait before the next try: each time twice as long, and never quite like the others that lost the same server.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    public TimeSpan Next()
    {
        TimeSpan now = _next ?? first;
        _next = now * 2 < longest ? now * 2 : longest;
        return now * (0.5 + Random.Shared.NextDouble() / 2);
    }

    public void Reset() => _next = null;
}
