using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using static TcpTracer.Formats.Text.FieldKinds;

namespace TcpTracer.Formats.Text;

/// <summary>
/// Declares all fields: name, width of the column, value, meaning, unit, and when it applies. The kind (Number, Name, Word, ...) decides
/// how the value is written and how filters compare it.
/// </summary>
/// <remarks>
/// The parameter of the lambda decides the scope: a process (<c>p =></c>) or a workload (<c>w =></c>) makes a field of the owner, an event
/// (<c>(in e) =></c>) makes a field of the event.
/// </remarks>
internal static class FieldTable
{
    /// <summary>The unit of a point in time; a length of time has another unit.</summary>
    public const string TimeUnit = "UTC";

    /// <summary>
    /// The fields of a JSON line, in this order. The first thirteen keys are those of Inspektor Gadget's first TCP tracer,
    /// <c>tcptracer</c>. A new field goes to the end.
    /// </summary>
    public static readonly Field[] InJson =
    [
        Word("type", 8, (in e) => "normal"u8, "kind of line: normal; with --with-status also lost") with { Words = ["normal"] },
        Name("node", 16, w => w.Node, "node on which it was seen; outside Kubernetes the host"),
        Name("namespace", 16, w => w.Namespace, "Kubernetes namespace of the owner's pod"),
        Name("pod", 16, w => w.Pod, "the owner's pod"),
        Name("container", 16, w => w.Container, "the owner's container"),
        Number("pid", 6, p => p.Pid,
            "process that connected or accepted: the owner; for unaccepted the one that closed the listener", bits: 32),
        Name("comm", 16, p => p.Comm, "the owner's command"),
        Number("ip", 3, (in e) => (ulong)e.Saddr.Version, "IP version on the wire, 4 or 6", bits: 8) with { JsonKey = "ipversion" },
        IpAddress("saddr", 16, (in e) => e.Saddr, "local address") with { Scope = FieldScope.Local },
        IpAddress("daddr", 16, (in e) => e.Daddr, "remote address") with { Scope = FieldScope.Remote },
        Number("sport", 7, (in e) => e.Sport, "local port", bits: 16),
        Number("dport", 7, (in e) => e.Dport, "remote port", bits: 16),
        Ascii("operation", 14, (in e) => OperationNames.NameOf(e.Operation), "what happened, in a word")
            with { Words = [.. OperationNames.All], Operations = OperationNames.Parse, ShortFor = OperationNames.Expand },
        Quoted("timestamp", 30, (to, in e) => to.AppendTimestamp(e.WallNs), "when it happened, as RFC 3339")
            with { Unit = TimeUnit, Type = FieldType.Time, Number = (in e) => e.WallNs },
        Number("tid", 6, p => p.Tid, "thread that connected or accepted", bits: 32),
        Number("uid", 6, p => p.Uid, "the owner's user id", bits: 32) with { IsUser = true },
        Number("gid", 6, p => p.Gid, "the owner's group id", bits: 32),
        Quoted("conn", 16, WriteConnection, "identity of the connection, the same in all its events"),
        Ascii("error", 14, (in e) => Errno.NameOf(e.Error), "errno name") with { Words = Errno.Names, Applies = (in e) => e.Error != 0 },
        Word("reason", 14, (in e) => EventWords.Of(e.Reason),
            "why it ended: close, peer-close, exit, reset-sent, reset-received, timed-out, killed, aborted, "
            + "reset (it is not known by which end)")
            with { Words = EventWords.Reasons, Applies = (in e) => e.Reason != Reason.None },
        Number("latency_ns", 11, (in e) => e.AgeNs,
            "connect: until it was established or failed; accept: how long it waited to be accepted", "ns")
            with { Applies = HasLatency },
        Number("duration_ns", 13, (in e) => e.AgeNs, "from the connection's beginning to its end", "ns")
            with { Applies = (in e) => e.IsEnd && e.IsTimed },
        Number("sent_bytes", 11, (in e) => e.Sent, "payload sent, each byte once; existing and progress: so far", "bytes")
            with { Applies = (in e) => e.IsCounted },
        Number("received_bytes", 14, (in e) => e.Received, "payload received; existing and progress: so far", "bytes")
            with { Applies = (in e) => e.IsCounted },
        Number("retransmits", 11, (in e) => e.Retransmits, "segments that were retransmitted", bits: 32) with { Applies = HasRetransmits },
        Number("srtt_us", 8, (in e) => e.SrttUs, "smoothed round-trip time", "us", bits: 32)
            with { Applies = (in e) => e.SrttUs != 0 && (e.IsEnd || e.IsCounted) },
        Number("netns", 11, p => p.Netns, "inode of the network namespace", bits: 32),
        Number("mntns", 11, p => p.Mntns, "inode of the mount namespace", bits: 32) with { Applies = (in e) => e.Process.Mntns != 0 },
        Number("cgroup", 8, p => p.Cgroup, "id of the cgroup in the unified hierarchy") with { Applies = (in e) => e.Process.Cgroup != 0 },
        Word("attribution", 11, (in e) => EventWords.Of(e.Attribution), "how the owner was found: task, stored, listener, none")
            with { Words = EventWords.Attributions },
        Quoted("flow", 16, (to, in e) => to.AppendHex(e.Flow, 16),
            "identity of the flow, the same at both ends of a connection, through any NAT")
            with { Applies = (in e) => e.Flow != 0 },
        Name("exe", 24, p => p.Exe, "path of the owner's executable") with { Applies = (in e) => e.Process.Exe.Raw.Length > 0 },
        Number("close_ns", 11, (in e) => (ulong)e.CloseNs,
            "from the owner's close() or exit until the peer had acknowledged everything, or TCP gave up; only if more than a millisecond",
                "ns")
            with { Applies = (in e) => e.CloseNs > 0 && e.IsEnd },
        End("src", 32, (in e) => e.Source, (in e) => (e.Saddr, e.Sport),
            "this end: the owner's pod, else the pod, service or node that has the local address"),
        End("dst", 32, (in e) => e.Destination, (in e) => (e.Daddr, e.Dport),
            "the other end: the pod, service or node that had the remote address when the connection began"),
    ];

    /// <summary>The fields that are shown only if --fields names them.</summary>
    public static readonly Field[] OnRequest =
    [
        Quoted("t", 1, (to, in e) => to.Append((byte)OperationNames.LetterOf(e.Operation)), "what happened, as a letter: C A X U F E P")
            with
            {
                JsonKey = "operation",
                Words = [.. OperationNames.Letters],
                Operations = OperationNames.Parse,
                Json = (to, in e) => WriteQuoted(to, OperationNames.NameOf(e.Operation)),
            },
        Number("ppid", 6, p => p.ParentPid, "the owner's parent process", bits: 32),
        Name("pcomm", 16, p => p.ParentComm, "the parent's command"),
        Number("fd", 4, (in e) => (ulong)e.Fd, "the owner's file descriptor", bits: 32) with { Applies = (in e) => e.Fd >= 0 },
        Number("actor_pid", 9, (in e) => e.Other.Pid, "process that closed it", bits: 32) with { Applies = HasActor },
        Name("actor_comm", 16, (in e) => e.Other.Comm, "command of the process that closed it") with { Applies = HasActor },
        Number("listener_pid", 12, (in e) => e.Other.Pid, "process that called listen()", bits: 32) with { Applies = HasListener },
        Name("listener_comm", 16, (in e) => e.Other.Comm, "command of the process that called listen()")
            with { Applies = HasListener },
        Number("cgroup_v1", 9, p => p.CgroupV1, "inode of the memory controller's v1 cgroup")
            with { Applies = (in e) => e.Process.CgroupV1 != 0 },
        Number("netns_cookie", 12, p => p.NetnsCookie, "the kernel's own number for the network namespace, never used again")
            with { Applies = (in e) => e.Process.NetnsCookie != 0 },
        Unquoted("boottime_ns", 16, (to, in e) => to.Append(e.TimestampNs), "when it happened, since boot")
            with { Unit = "ns", Type = FieldType.Signed64, Number = (in e) => e.TimestampNs },
        Quoted("dst_pod", 32, (to, in e) => PeerText.WritePod(to, e.FarWorkload!.Peer!),
            "pod of the process at the other end, as namespace/name, also behind a service; known after the first event of that end, "
            + "if the recorder saw it")
            with
            {
                Json = (to, in e) => PeerText.WritePodJson(to, e.FarWorkload!.Peer!),
                Applies = (in e) => e.FarWorkload?.Peer is not null,
            },
        Number("dst_cgroup", 10, (in e) => e.FarCgroup,
            "id of the cgroup of the process at the other end; known as dst_pod is")
            with { Applies = (in e) => e.FarCgroup != 0 },
        Number("dst_cgroup_v1", 13, (in e) => e.FarCgroupV1, "the same in the memory controller's v1 hierarchy")
            with { Applies = (in e) => e.FarCgroupV1 != 0 },
        Known("container_id", 12, w => w.ContainerId, "the owner's container as its runtime knows it"),
        Known("pod_uid", 36, w => w.PodUid, "uid of the owner's pod"),
        Known("image", 24, w => w.Image, "image of the owner's container"),
        Known("owner", 24, w => w.Owner, "what the owner's pod belongs to, such as Deployment/web"),
        Unquoted("labels", 24, WriteLabels, "labels of the owner's pod, such as app=web,tier=front")
            with
            {
                Json = WriteLabelsJson,
                Type = FieldType.Labels,
                Scope = FieldScope.Local,
                Applies = (in e) => e.Workload.Labels is { Count: > 0 },
            },
        Flag("mptcp", EventFlags.Mptcp, "a Multipath TCP connection"),
        Flag("late", EventFlags.Late, "its own kernel hook was missed; a later hook or a search found it"),
        Flag("no_syn", EventFlags.NoSyn, "connect() failed before anything was sent"),
        Flag("uncounted", EventFlags.Uncounted,
            "bytes are not known: they could not be read any more when the end was noticed, or the connection is older than the recorder"),
        Flag("unfinished", EventFlags.Unfinished, "its owner has closed it, and TCP had not finished when the recording ended"),
        Unquoted("args", 24, ArgumentsText.Write, "the owner's command line, recorded with --args; quoted as for a shell")
            with { Json = ArgumentsText.WriteJson, Scope = FieldScope.Local, Applies = (in e) => e.Process.Args.Raw.Length > 0 },
    ];

    /// <summary>Other names for fields: the names of options, and what people type.</summary>
    public static readonly Dictionary<string, string> Aliases = new()
    {
        ["op"] = "operation", ["latency"] = "latency_ns", ["duration"] = "duration_ns",
        ["podname"] = "pod", ["containername"] = "container",
    };

    /// <summary>The fields of <c>-o columns</c>, in this order.</summary>
    public static readonly string[] InColumns =
        ["node", "namespace", "pod", "container", "t", "pid", "comm", "ip", "saddr", "daddr", "sport", "dport"];

    /// <summary>The fields of <c>-o wide</c>, in this order.</summary>
    public static readonly string[] InWide =
    [
        "timestamp", .. InColumns,
        "error", "reason", "latency_ns", "duration_ns", "sent_bytes", "received_bytes", "retransmits", "conn", "src", "dst",
    ];

    private static bool HasLatency(in TcpEvent e) => e.IsTimed
        && e.Operation is not (Operation.Close or Operation.Unknown or Operation.Existing or Operation.Progress or Operation.Unaccepted);

    private static bool HasRetransmits(in TcpEvent e) => e.IsCounted
        || (e.Operation == Operation.ConnectFailed && (e.Flags & (EventFlags.NoSyn | EventFlags.Uncounted)) == 0);

    private static bool HasActor(in TcpEvent e) => e.IsEnd && e.Other.Pid != 0;

    private static bool HasListener(in TcpEvent e) => e.Operation is Operation.Accept or Operation.Unaccepted && e.Other.Pid != 0;

    private static void WriteConnection(TextBuffer to, in TcpEvent e)
    {
        to.AppendHex((ulong)e.StartNs);
        to.Append((byte)'.');
        to.AppendHex(e.StartCpu);
    }

    private static void WriteLabels(TextBuffer to, in TcpEvent e)
    {
        string between = "";
        foreach ((string key, string value) in e.Workload.Labels!)
        {
            new SafeText($"{between}{key}={value}").AppendText(to);
            between = ",";
        }
    }

    private static void WriteLabelsJson(TextBuffer to, in TcpEvent e)
    {
        string between = "{";
        foreach ((string key, string value) in e.Workload.Labels!)
        {
            to.AppendAscii(between);
            new SafeText(key).AppendJson(to);
            to.Append((byte)':');
            new SafeText(value).AppendJson(to);
            between = ",";
        }
        to.Append((byte)'}');
    }
}
