using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Calls;

/// <summary>
/// Finds the parties of events. Equal parties are one object. After <paramref name="most"/> of them, new ones are
/// <see cref="Party.Others"/>, because a stranger may choose the names in a trace.
/// </summary>
/// <param name="areOutsideInBlocks">Whether public addresses are put together in blocks: /24 of IPv4, /48 of IPv6.</param>
/// <param name="most">How many parties are told apart.</param>
public sealed class Parties(bool areOutsideInBlocks = false, int most = Parties.UsualMost)
{
    /// <summary>So many take some 20 MB.</summary>
    public const int UsualMost = 65_536;

    private const int MostRemembered = 16_384;
    private readonly Dictionary<Party, Party> _all = [];
    private readonly Dictionary<object, Party> _byObject = new(ReferenceEqualityComparer.Instance); // blocks share few objects

    /// <summary>Whether some are not told apart.</summary>
    public bool HasOthers { get; private set; }

    /// <summary>The party at an event's own end: its owner's workload, else the owner's command, else who has the local address.</summary>
    public Party Local(in TcpEvent e) => Named(e.OwnName);

    /// <summary>The party at an event's own end by its address alone; of a pod, the pod.</summary>
    public Party LocalAddress(in TcpEvent e) => Named(e.OwnAddressName);

    /// <summary>The party at an event's other end, by the address that it had when the connection began.</summary>
    public Party Remote(in TcpEvent e) => Named(e.OtherName);

    /// <summary>The party that an object names, see <see cref="TcpEvent.OwnName"/>.</summary>
    internal Party Named(object name) =>
        _byObject.TryGetValue(name, out Party? known) ? known : Remember(name, Make(name));

    private Party Make(object name) => name switch
    {
        Workload workload => Of(workload),
        SafeText command => new Party(PartyKind.Command, "", SafeText.Empty, command),
        PodInfo pod => OfPod(pod.Peer, pod.Owner),
        ServiceInfo service => new Party(PartyKind.Service, "", service.Peer.Namespace, service.Peer.Name),
        NodeInfo node => new Party(PartyKind.Node, "", SafeText.Empty, node.Peer.Name),
        _ => OfAddress(((Address)name).OnWire),
    };

    private static Party Of(Workload workload) => workload.PodUid.Length == 0
        ? new Party(PartyKind.Container, "", SafeText.Empty, workload.Container)
        : OfPod(new Peer(PeerKind.Pod, workload.Namespace, workload.Pod), workload.Owner);

    private static Party OfPod(Peer pod, string owner) => OwnerOf(owner) is ({ } kind, { } name)
        ? new Party(PartyKind.Owner, kind, pod.Namespace, NameText.Of(name))
        : new Party(PartyKind.Pod, "", pod.Namespace, pod.Name);

    /// <summary>The kind of a pod's owner in lower case, and its name; null: the pod has none.</summary>
    internal static (string Kind, string Name)? OwnerOf(string owner) =>
        owner.Split('/', 2) is [{ Length: > 0 } kind, { Length: > 0 } name] ? (kind.ToLowerInvariant(), name) : null;

    private Party OfAddress(Address address) => areOutsideInBlocks && OutsideBlock.OfPublic(address) is { } block
        ? new Party(PartyKind.Block, "", SafeText.Empty, new SafeText(block))
        : new Party(PartyKind.Address, "", SafeText.Empty, new SafeText(address.Text));

    private Party Remember(object key, Party party)
    {
        if (_all.TryGetValue(party, out Party? same))
        {
            party = same;
        }
        else if (_all.Count < most)
        {
            _all.Add(party, party);
            party.Number = _all.Count;
        }
        else
        {
            HasOthers = true;
            party = Party.Others;
        }
        if (_byObject.Count >= MostRemembered)
            _byObject.Clear();
        return _byObject[key] = party;
    }
}
