using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>Services with cluster addresses. Not for several threads at once.</summary>
internal sealed class KnownServices
{
    private const int EndedKept = 1024;
    private readonly Queue<string> _ended = new();

    public Known<ServiceInfo> Services { get; } = new(WorkloadKind.Service);

    private static bool IsThere(ServiceInfo service) => service.Claims.Any(c => c.UntilNs is null);

    /// <summary>All that there are: what was there before and is not in here is gone.</summary>
    public void Replace(IReadOnlyCollection<SeenService> all)
    {
        HashSet<string> now = [.. all.Select(s => s.Uid)];
        foreach (ServiceInfo gone in Services.All.Where(s => IsThere(s) && !now.Contains(s.Uid)).ToList())
            Note(new SeenService(gone.Uid, gone.Namespace, gone.Name, [], null));
        foreach (SeenService service in all)
            Note(service);
    }

    /// <summary>One is new or has changed; without addresses: gone.</summary>
    public void Note(SeenService service)
    {
        ServiceInfo? known = Services.Find(service.Uid);
        if (service.Addresses.IsEmpty)
        {
            if (known is null || !IsThere(known))
                return;
            Retire(known);
        }
        Services.Note(service.Uid, new ServiceInfo(service.Uid, service.Namespace, service.Name, Claims.Update(known?.Claims ?? [], service.Addresses, service.SinceWallNs)));
    }

    private void Retire(ServiceInfo service)
    {
        _ended.Enqueue(service.Uid);
        while (_ended.Count > EndedKept)
        {
            string oldest = _ended.Dequeue();
            if (Services.Find(oldest) is { } known && !IsThere(known))
                Services.Forget(oldest);
        }
    }
}
