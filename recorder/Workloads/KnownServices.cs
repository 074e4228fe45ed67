using System.Collections.Immutable;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>Services with cluster addresses. For one thread at a time.</summary>
internal sealed class KnownServices
{
    private const int EndedKept = 1024;
    private readonly Queue<string> _ended = new();

    /// <summary>The services, by uid. Services that are gone are kept for a while.</summary>
    public ChangeTracker<ServiceInfo> Services { get; } = new(WorkloadKind.Service);

    private static bool IsThere(ServiceInfo service) => service.Claims.Any(c => c.UntilNs is null);

    /// <summary>These are all services. Others are gone.</summary>
    public void Replace(IReadOnlyCollection<SeenService> all)
    {
        HashSet<string> now = [.. all.Select(s => s.Uid)];
        foreach (ServiceInfo gone in Services.All.Where(s => IsThere(s) && !now.Contains(s.Uid)).ToList())
            Note(new SeenService(gone.Uid, gone.Namespace, gone.Name, [], null));
        foreach (SeenService service in all)
            Note(service);
    }

    /// <summary>A service is new or has changed; without addresses: it is gone.</summary>
    public void Note(SeenService service)
    {
        ServiceInfo? known = Services.Find(service.Uid);
        if (service.Addresses.IsEmpty)
        {
            if (known is null || !IsThere(known))
                return;
            Retire(known);
        }
        ImmutableArray<AddressClaim> claims = AddressClaims.Update(known?.Claims ?? [], service.Addresses, service.SinceWallNs);
        Services.Note(service.Uid, new ServiceInfo(service.Uid, service.Namespace, service.Name, claims));
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
