using System.Collections.Immutable;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>Services with addresses. For one thread at a time.</summary>
internal sealed class KnownServices
{
    private const int EndedKept = 1024;
    private readonly Queue<string> _ended = new();
    private readonly Dictionary<string, SeenService> _external = new(StringComparer.Ordinal); // services with external addresses
    private HashSet<Address> _ofNodes = [];

    /// <summary>The services, by uid. Services that are gone are kept for a while.</summary>
    public ChangeTracker<ServiceInfo> Services { get; } = new(WorkloadKind.Service);

    private static bool IsThere(ServiceInfo service) => service.Claims.Any(c => c.UntilNs is null);

    /// <summary>These are all services. Others are gone.</summary>
    public void Replace(IReadOnlyCollection<SeenService> all)
    {
        HashSet<string> now = [.. all.Select(s => s.Uid)];
        foreach (string gone in _external.Keys.Where(uid => !now.Contains(uid)).ToList())
            _external.Remove(gone);
        foreach (ServiceInfo gone in Services.All.Where(s => IsThere(s) && !now.Contains(s.Uid)).ToList())
            Note(new SeenService(gone.Uid, gone.Namespace, gone.Name, [], null));
        foreach (SeenService service in all)
            Note(service);
    }

    /// <summary>A service is new or has changed; without addresses: it is gone.</summary>
    public void Note(SeenService service)
    {
        if (service.External.IsEmpty)
            _external.Remove(service.Uid);
        else
            _external[service.Uid] = service;
        ImmutableArray<Address> addresses = [.. service.Addresses.Union(service.External.Where(a => !_ofNodes.Contains(a)))];
        ServiceInfo? known = Services.Find(service.Uid);
        if (addresses.IsEmpty)
        {
            if (known is null || !IsThere(known))
                return;
            Retire(known);
        }
        ImmutableArray<AddressClaim> claims = AddressClaims.Update(known?.Claims ?? [], addresses, service.SinceWallNs);
        Services.Note(service.Uid, new ServiceInfo(service.Uid, service.Namespace, service.Name, claims));
    }

    /// <summary>
    /// Nodes have these addresses now. Some load balancers publish a service at the addresses of nodes. Such an address remains the node's:
    /// most connections to it are not for that service.
    /// </summary>
    public void OnNodes(Func<IEnumerable<Address>> addresses)
    {
        if (_external.Count == 0 && _ofNodes.Count == 0)
            return;
        HashSet<Address> now = [.. addresses()];
        if (now.SetEquals(_ofNodes))
            return;
        _ofNodes = now;
        foreach (SeenService service in _external.Values.ToList())
            Note(service);
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
