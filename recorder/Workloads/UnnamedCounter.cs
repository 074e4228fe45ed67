using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>Counts events of processes in pods that have no name, by the reason. One thread adds; any may read.</summary>
internal sealed class UnnamedCounter
{
    private readonly object _lock = new();
    private UnnamedEvents _counts;

    /// <summary>The counts so far.</summary>
    public UnnamedEvents Counts
    {
        get
        {
            lock (_lock)
                return _counts;
        }
    }

    /// <summary>One more event.</summary>
    /// <param name="workload">Where its process runs.</param>
    /// <param name="tracker">Knows how the sources are doing.</param>
    public void Add(Workload workload, WorkloadTracker tracker)
    {
        if (!ReferenceEquals(workload.Namespace, Workload.Unknown))
            return;
        UnnamedEvents Next(in UnnamedEvents c)
        {
            if (workload.PodUid.Length == 0)
                return c with { NoCgroup = c.NoCgroup + 1 };
            SourceStatus[] states = [.. tracker.Sources.Select(s => s.State.Status).Where(s => s != SourceStatus.Unused)];
            if (states.Length == 0)
                return c with { NoSource = c.NoSource + 1 };
            if (states.Contains(SourceStatus.Starting))
                return c with { NotAnswered = c.NotAnswered + 1 };
            return states.Contains(SourceStatus.Failing) ? c with { Failing = c.Failing + 1 } : c with { NotReported = c.NotReported + 1 };
        }
        lock (_lock)
            _counts = Next(in _counts);
    }
}
