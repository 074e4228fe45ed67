using System.Runtime.InteropServices;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// Which pod has each address now, or had it last. An address belongs to one pod at a time: if two claim it, the younger one has it, and a
/// source that still gives it to the other has not noticed yet. For one thread at a time.
/// </summary>
internal sealed class AddressHolders
{
    private readonly Dictionary<Address, Holder> _holders = [];
    private readonly Dictionary<string, HashSet<Address>> _lost = new(StringComparer.Ordinal);

    /// <summary>A pod, and the time of its claim, in boot time (ns).</summary>
    /// <param name="Uid">The pod.</param>
    /// <param name="SinceNs">Since when.</param>
    /// <param name="UntilNs">Until when; null: it has the address now.</param>
    public readonly record struct Holder(string Uid, long SinceNs, long? UntilNs);

    /// <summary>Another pod that has an address now, or had it last; null: none.</summary>
    public Holder? Other(Address address, string uid) =>
        _holders.TryGetValue(address, out Holder holder) && holder.Uid != uid ? holder : null;

    /// <summary>Whether a pod has lost an address to another pod, while a source still gives it to the first one.</summary>
    public bool HasLost(string uid, Address address) => _lost.TryGetValue(uid, out HashSet<Address>? lost) && lost.Contains(address);

    /// <summary>A pod has lost an address to another.</summary>
    public void Lose(string uid, Address address)
    {
        ref HashSet<Address>? lost = ref CollectionsMarshal.GetValueRefOrAddDefault(_lost, uid, out _);
        (lost ??= []).Add(address);
    }

    /// <summary>What sources say of a pod now. An address that none of them gives it any more may be its again later.</summary>
    public void OnSaid(string uid, IReadOnlyCollection<Address> said)
    {
        if (_lost.TryGetValue(uid, out HashSet<Address>? lost) && lost.RemoveWhere(a => !said.Contains(a)) > 0 && lost.Count == 0)
            _lost.Remove(uid);
    }

    /// <summary>The claims of a pod are these now.</summary>
    public void OnClaims(PodInfo pod)
    {
        foreach (AddressClaim claim in pod.Claims)
        {
            if (claim.UntilNs is null || Other(claim.Address, pod.Uid) is not { } other || other.UntilNs < claim.UntilNs)
                _holders[claim.Address] = new Holder(pod.Uid, claim.SinceNs, claim.UntilNs);
        }
    }

    /// <summary>A pod is forgotten.</summary>
    public void Forget(PodInfo pod)
    {
        foreach (AddressClaim claim in pod.Claims)
        {
            if (_holders.TryGetValue(claim.Address, out Holder holder) && holder.Uid == pod.Uid)
                _holders.Remove(claim.Address);
        }
    }
}
