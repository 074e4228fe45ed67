using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Copies;

namespace TcpTracer.Replay.Redactions;

/// <summary>
/// What a redacted copy has of a trace: each field that is known here, as it is, replaced, or not at all. Whoever adds a field to the
/// format and forgets it here, has dropped it.
/// </summary>
internal sealed partial class Redaction : ICopyChange, IDisposable
{
    private static readonly string[] s_machines = ["x86_64", "aarch64"];
    private static readonly string[] s_causes =
        ["SIGINT", "SIGTERM", "SIGHUP", "duration", "count", "command", "rotation", "dump", "end", "recovered", "merged", TraceCopy.NoEnd];

    private static readonly string[] s_kinds =
        ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Node", "ReplicationController"];

    private const string OtherKind = "Workload";

    /// <summary>Whether the kind of a machine is one that stays.</summary>
    public static bool IsKnownMachine(string machine) => machine.Length == 0 || s_machines.Contains(machine);

    /// <summary>Whether a cause is one that stays.</summary>
    public static bool IsKnownCause(string cause) => cause.Length == 0 || s_causes.Contains(cause);

    /// <summary>Whether a kind of owner is one that copies have.</summary>
    public static bool IsKnownKind(string kind) => kind == OtherKind || s_kinds.Contains(kind);

    private readonly Pseudonyms _names;
    private readonly AddressScrambler _addresses;
    private readonly RedactedProcesses _processes;
    private readonly RedactionPolicy _policy;
    private readonly TimeShift _time;
    private readonly string _tool;
    private bool _isMerged;

    /// <param name="policy">What is kept.</param>
    /// <param name="key">The secret.</param>
    /// <param name="tool">The program that redacts.</param>
    public Redaction(RedactionPolicy policy, byte[] key, string tool)
    {
        _policy = policy;
        _names = new Pseudonyms(key);
        _addresses = new AddressScrambler(_names.Secret("address"), policy.KeepsPrivate);
        _processes = new RedactedProcesses(policy, _names);
        _time = policy.ShiftsTime ? new TimeShift(_names.Secret("time")) : TimeShift.None;
        _tool = tool;
    }

    private string Node(string node) => _policy.Keeps("node") ? node : _names.Name("node", node);

    private string Namespace(string name) => _policy.Keeps("namespace") ? name : _names.Name("ns", name);

    /// <summary>Two of one name in two namespaces are not the same.</summary>
    private string Scoped(string kept, string kind, string scope, string name) =>
        _policy.Keeps(kept) ? name : name.Length == 0 ? "" : _names.Name(kind, $"{scope}/{name}");

    private string PodUid(string uid) => _names.Uid("pod-uid", uid);

    private string ContainerId(string id) => _names.Hex("container-id", id);

    [GeneratedRegex(@"^\d{1,3}\.\d{1,3}(?!\d)")]
    private static partial Regex KernelVersion { get; }

    /// <summary>Who recorded: which kernel, which machine, and what the trace can hold, but not which host.</summary>
    public TraceHeader Of(TraceHeader header)
    {
        _isMerged = header.Merged.Count > 0;
        return OfOne(header);
    }

    private TraceHeader OfOne(TraceHeader header) => new()
    {
        Minor = TraceHeader.CopyMinor,
        Required = header.Merged.Count > 0 ? [TraceHeader.MergedFeature] : [],
        RunId = _names.Id("run", header.RunId.ToByteArray()),
        Tool = _tool,
        Node = Node(header.Node),
        Kernel = KernelVersion.Match(header.Kernel).Value,
        Machine = Array.Find(s_machines, m => m == header.Machine) ?? "",
        BootId = _names.Uid("boot", header.BootId),
        RingBytes = header.RingBytes,
        Clock = Of(header.Clock),
        Copies = [.. header.Copies.SkipLast(1).Select(Earlier), .. header.Copies.TakeLast(1)],
        Merged = [.. header.Merged.Select(Of)],
        Absent = [.. header.Absent.Select(a => new AbsentNode(Node(a.Node), AbsentNode.IsKnown(a.Why) ? a.Why : ""))],
    };

    private MergedSource Of(MergedSource source) =>
        source with { Header = OfOne(source.Header) with { Copies = [.. source.Header.Copies.Select(Earlier)] } };

    private CopyNote Earlier(CopyNote note) =>
        new(CopyNote.IsKnown(note.How) ? note.How : "", "", _tool);

    /// <inheritdoc/>
    public TcpEvent Of(in TcpEvent e) => new()
    {
        TimestampNs = _time.Boot(e.TimestampNs),
        WallNs = _time.Wall(e.WallNs),
        StartNs = _time.Boot(e.StartNs),
        StartCpu = e.StartCpu,
        Operation = e.Operation,
        Reason = e.Reason,
        Attribution = e.Attribution,
        Flags = e.Flags,
        Error = e.Error,
        Sport = e.Sport,
        Dport = e.Dport,
        Fd = e.Fd,
        Saddr = _addresses.Of(e.Saddr),
        Daddr = _addresses.Of(e.Daddr),
        Process = _processes.Of(e.Process),
        Other = _processes.Of(e.Other),
        Sent = e.Sent,
        Received = e.Received,
        Retransmits = e.Retransmits,
        SrttUs = e.SrttUs,
        Flow = _names.Number("flow", e.Flow, 64),
        CloseNs = e.CloseNs,
        FarCgroup = _processes.Cgroup(e.FarCgroup),
        FarCgroupV1 = _processes.Cgroup(e.FarCgroupV1),
    };

    /// <inheritdoc/>
    public WorkloadChange Of(WorkloadChange change) => new(_time.Boot(change.ObservedNs))
    {
        Source = change.Source,
        IsCheckpoint = change.IsCheckpoint,
        Pods = [.. change.Pods.Select(Of)],
        Containers = [.. change.Containers.Select(Of)],
        Cgroups = [.. change.Cgroups.Select(Of)],
        Services = [.. change.Services.Select(Of)],
        Nodes = [.. change.Nodes.Select(n => new NodeInfo(Node(n.Name), Of(n.Claims)))],
        Forgotten = [.. change.Forgotten.Select(Of)],
    };

    private PodInfo Of(PodInfo pod) => new(PodUid(pod.Uid), Namespace(pod.Namespace), Scoped("pod", "pod", pod.Namespace, pod.Name))
    {
        Node = Node(pod.Node),
        Owner = Owner(pod.Namespace, pod.Owner),
        Labels = _policy.Keeps("labels") ? pod.Labels : PodInfo.NoLabels,
        Claims = Of(pod.Claims),
    };

    /// <summary>As Deployment/web: of which kind stays, if it is one that everybody has.</summary>
    private string Owner(string scope, string owner)
    {
        if (_policy.Keeps("owner") || owner.Length == 0)
            return owner;
        string kind = Array.Find(s_kinds, k => owner.StartsWith($"{k}/", StringComparison.Ordinal)) ?? OtherKind;
        return $"{kind}/{_names.Name("owner", $"{scope}/{owner}")}";
    }

    private ContainerInfo Of(ContainerInfo container) => new(
        ContainerId(container.Id),
        PodUid(container.PodUid),
        _policy.Keeps("container") ? container.Name : _names.Name("ctr", container.Name),
        _policy.Keeps("image") ? container.Image : "");

    private ServiceInfo Of(ServiceInfo service) => new(
        _names.Uid("service-uid", service.Uid),
        Namespace(service.Namespace),
        Scoped("service", "svc", service.Namespace, service.Name),
        Of(service.Claims));

    /// <summary>The path says pod and container, and nothing else.</summary>
    private CgroupInfo Of(CgroupInfo cgroup)
    {
        CgroupNames names = cgroup.Names;
        string container = ContainerId(names.ContainerId), pod = PodUid(names.PodUid);
        string path = names.IsUnknown ? CgroupNames.Cut
            : pod.Length > 0 ? $"/kubepods/pod{pod}{(container.Length > 0 ? "/" : "")}{container}"
            : $"/{container}";
        return new CgroupInfo(cgroup.Hierarchy, _processes.Cgroup(cgroup.Id), path);
    }

    private ImmutableArray<AddressClaim> Of(ImmutableArray<AddressClaim> claims) =>
        [.. claims.Select(Of)];

    private AddressClaim Of(AddressClaim claim) =>
        new(_addresses.Of(claim.Address), _time.Boot(claim.SinceNs), claim.UntilNs is { } until ? _time.Boot(until) : null);

    private WorkloadKey Of(WorkloadKey key) => new(key.Kind, key.Kind switch
    {
        WorkloadKind.Pod => PodUid(key.Key),
        WorkloadKind.Container => ContainerId(key.Key),
        WorkloadKind.Cgroup => WorkloadIndex.CgroupOf(key.Key) is { } cgroup
            ? string.Create(CultureInfo.InvariantCulture, $"{(byte)cgroup.Hierarchy}:{_processes.Cgroup(cgroup.Id)}") : "",
        WorkloadKind.Service => _names.Uid("service-uid", key.Key),
        WorkloadKind.Node => Node(key.Key),
        _ => "",
    });

    /// <inheritdoc/>
    public ClockSample Of(in ClockSample clock) => clock with
    {
        BootNs = OfTrace(clock.BootNs),
        WallNs = _time.Wall(clock.WallNs),
        MonotonicNs = OfTrace(clock.MonotonicNs),
    };

    /// <summary>The times of a merged trace are wall time.</summary>
    private long OfTrace(long ns) => _isMerged ? _time.Wall(ns) : _time.Boot(ns);

    /// <inheritdoc/>
    public LossRecord Of(in LossRecord loss) => loss with { FromNs = OfTrace(loss.FromNs), ToNs = OfTrace(loss.ToNs) };

    /// <inheritdoc/>
    public TraceEnd Of(TraceEnd end) => new(Array.Find(s_causes, c => c == end.Cause) ?? "", end.Captured, end.Written, end.Lost)
    {
        Unfinished = end.Unfinished,
        Names = end.Names is { } names ? new NamesAtEnd([], names.Unnamed) : null, // sources have names and addresses
    };

    /// <inheritdoc/>
    public void Dispose() => _addresses.Dispose();
}
