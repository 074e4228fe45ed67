using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Text;

/// <summary>Every field there is, in the order of the JSON line; the seed's thirteen keys first.</summary>
public static class Fields
{
    private static readonly Field[] s_all =
    [
        Word("type", 8, "kind of line: normal, or with --with-status lost", (in TcpEvent e) => "normal"u8) with { Words = ["normal"] },
        Name("node", 16, "node, else host, on which it was seen", (in TcpEvent e) => e.Workload.Node),
        Name("namespace", 16, "Kubernetes namespace of the owner's pod", (in TcpEvent e) => e.Workload.Namespace),
        Name("pod", 16, "the owner's pod", (in TcpEvent e) => e.Workload.Pod),
        Name("container", 16, "the owner's container", (in TcpEvent e) => e.Workload.Container),
        Number("pid", 6, "process that connected or accepted: the owner; unaccepted: that closed the listener", (in TcpEvent e) => e.Process.Pid),
        Name("comm", 16, "the owner's command", (in TcpEvent e) => e.Process.Comm),
        Number("ip", 3, "IP version on the wire, 4 or 6", (in TcpEvent e) => (ulong)e.Saddr.Version) with { JsonKey = "ipversion" },
        Word("saddr", 16, "local address", (in TcpEvent e) => e.Saddr.Text) with { Address = static (in TcpEvent e) => e.Saddr },
        Word("daddr", 16, "remote address", (in TcpEvent e) => e.Daddr.Text) with { Address = static (in TcpEvent e) => e.Daddr },
        Number("sport", 7, "local port", (in TcpEvent e) => e.Sport),
        Number("dport", 7, "remote port", (in TcpEvent e) => e.Dport),
        Ascii("operation", 14, "what happened, in a word", (in TcpEvent e) => OperationNames.NameOf(e.Operation)) with { Words = [.. OperationNames.All] },
        Custom("timestamp", 30, "when, RFC 3339", static (TextBuffer to, in TcpEvent e) => to.AppendTimestamp(e.WallNs), quoted: true)
            with { Unit = TimeUnit, Number = static (in TcpEvent e) => e.WallNs },
        Number("tid", 6, "thread that connected or accepted", (in TcpEvent e) => e.Process.Tid),
        Number("uid", 6, "the owner's user id", (in TcpEvent e) => e.Process.Uid),
        Number("gid", 6, "the owner's group id", (in TcpEvent e) => e.Process.Gid),
        Custom("conn", 16, "identity of the connection, the same in all its events", WriteConnection, quoted: true),
        Ascii("error", 14, "errno name", (in TcpEvent e) => Errno.NameOf(e.Error)) with { Words = Errno.Names, Applies = static (in TcpEvent e) => e.Error != 0 },
        Word("reason", 14, "why it ended: close, peer-close, exit, reset-sent, reset-received, timed-out, killed, aborted, reset (by whom is not known)", (in TcpEvent e) => EventWords.Of(e.Reason))
            with { Words = EventWords.Reasons, Applies = static (in TcpEvent e) => e.Reason != Reason.None },
        Number("latency_ns", 11, "connect: until it was established or failed; accept: how long it waited to be accepted", Age, "ns")
            with { Applies = static (in TcpEvent e) => e.Operation is not (Operation.Close or Operation.Unknown or Operation.Existing or Operation.Progress or Operation.Unaccepted) && IsTimed(in e) },
        Number("duration_ns", 13, "from the connection's beginning to its end", Age, "ns") with { Applies = static (in TcpEvent e) => e.IsEnd && IsTimed(in e) },
        Number("sent_bytes", 11, "payload sent, each byte once; existing and progress: so far", (in TcpEvent e) => e.Sent, "bytes") with { Applies = static (in TcpEvent e) => e.IsCounted },
        Number("received_bytes", 14, "payload received; existing and progress: so far", (in TcpEvent e) => e.Received, "bytes") with { Applies = static (in TcpEvent e) => e.IsCounted },
        Number("retransmits", 11, "segments sent again", (in TcpEvent e) => e.Retransmits)
            with { Applies = static (in TcpEvent e) => e.IsCounted || (e.Operation == Operation.ConnectFailed && (e.Flags & (EventFlags.NoSyn | EventFlags.Uncounted)) == 0) },
        Number("srtt_us", 8, "smoothed round-trip time", (in TcpEvent e) => e.SrttUs, "us") with { Applies = static (in TcpEvent e) => e.SrttUs != 0 && (e.IsEnd || e.IsCounted) },
        Number("netns", 11, "inode of the network namespace", (in TcpEvent e) => e.Process.Netns),
        Number("mntns", 11, "inode of the mount namespace", (in TcpEvent e) => e.Process.Mntns) with { Applies = static (in TcpEvent e) => e.Process.Mntns != 0 },
        Number("cgroup", 8, "id of the cgroup in the unified hierarchy", (in TcpEvent e) => e.Process.Cgroup) with { Applies = static (in TcpEvent e) => e.Process.Cgroup != 0 },
        Word("attribution", 11, "how the owner was found: task, stored, listener, cgroup, netns, none", (in TcpEvent e) => EventWords.Of(e.Attribution)) with { Words = EventWords.Attributions },
        Custom("flow", 16, "identity of the flow, the same at both ends of a connection, through any NAT", static (TextBuffer to, in TcpEvent e) => to.AppendHex(e.Flow, 16), quoted: true)
            with { Applies = static (in TcpEvent e) => e.Flow != 0 },
        Name("exe", 24, "path of the owner's executable", (in TcpEvent e) => e.Process.Exe) with { Applies = static (in TcpEvent e) => e.Process.Exe.Raw.Length > 0 },
        Number("close_ns", 11, "from the owner's close() or exit until the peer had acknowledged all of it, or it was given up; where that is more than a millisecond", (in TcpEvent e) => (ulong)e.CloseNs, "ns")
            with { Applies = static (in TcpEvent e) => e.CloseNs > 0 && e.IsEnd },
        End("src", "what the near end is: the owner's pod, else pod, service or node of its address", (in TcpEvent e) => e.Source, (in TcpEvent e) => e.Saddr, (in TcpEvent e) => e.Sport),
        End("dst", "what the far end is: pod, service or node whose address it was when the connection began", (in TcpEvent e) => e.Destination, (in TcpEvent e) => e.Daddr, (in TcpEvent e) => e.Dport),
        // What is not in the JSON line unless asked for
        Custom("t", 1, "what happened, as a letter: C A X U F E P", static (TextBuffer to, in TcpEvent e) => to.Append((byte)OperationNames.LetterOf(e.Operation)), quoted: true)
            with { JsonKey = "operation", Words = [.. OperationNames.Letters], Json = static (TextBuffer to, in TcpEvent e) => Quote(to, OperationNames.NameOf(e.Operation)) },
        Number("ppid", 6, "the owner's parent process", (in TcpEvent e) => e.Process.ParentPid),
        Name("pcomm", 16, "the parent's command", (in TcpEvent e) => e.Process.ParentComm),
        Number("fd", 4, "the owner's file descriptor", (in TcpEvent e) => (ulong)e.Fd) with { Applies = static (in TcpEvent e) => e.Fd >= 0 },
        Number("actor_pid", 9, "process that closed it", (in TcpEvent e) => e.Other.Pid) with { Applies = HasActor },
        Name("actor_comm", 16, "command of the process that closed it", (in TcpEvent e) => e.Other.Comm) with { Applies = HasActor },
        Number("listener_pid", 12, "process that called listen()", (in TcpEvent e) => e.Other.Pid) with { Applies = HasListener },
        Name("listener_comm", 16, "command of the process that called listen()", (in TcpEvent e) => e.Other.Comm) with { Applies = HasListener },
        Number("cgroup_v1", 9, "inode of the memory controller's v1 cgroup", (in TcpEvent e) => e.Process.CgroupV1) with { Applies = static (in TcpEvent e) => e.Process.CgroupV1 != 0 },
        Number("netns_cookie", 12, "the kernel's own number for the network namespace, never used again", (in TcpEvent e) => e.Process.NetnsCookie)
            with { Applies = static (in TcpEvent e) => e.Process.NetnsCookie != 0 },
        Custom("boottime_ns", 16, "when, since boot", static (TextBuffer to, in TcpEvent e) => to.Append(e.TimestampNs), quoted: false)
            with { Unit = "ns", Number = static (in TcpEvent e) => e.TimestampNs },
        Known("container_id", 12, "the owner's container as its runtime knows it", (in TcpEvent e) => e.Workload.ContainerId),
        Known("pod_uid", 36, "uid of the owner's pod", (in TcpEvent e) => e.Workload.PodUid),
        Known("image", 24, "image of the owner's container", (in TcpEvent e) => e.Workload.Image),
        Known("owner", 24, "what the owner's pod belongs to, as Deployment/web", (in TcpEvent e) => e.Workload.Owner),
        new Field("labels", "labels", 24, "labels of the owner's pod, as app=web,tier=front", "", WriteLabels, WriteLabelsJson, static (in TcpEvent e) => e.Workload.Labels is { Count: > 0 }),
        Flag("mptcp", "a Multipath TCP connection", EventFlags.Mptcp),
        Flag("late", "its own kernel hook was missed; recovered from a later one, or found", EventFlags.Late),
        Flag("no_syn", "connect() failed before anything was sent", EventFlags.NoSyn),
        Flag("uncounted", "bytes are not known: its end was noticed when they were no longer to be had, or it was there before the recorder", EventFlags.Uncounted),
        Flag("unfinished", "its owner has closed it, and TCP had not finished when the recording ended", EventFlags.Unfinished),
        new Field("args", "args", 24, "the owner's command line, recorded with --args; quoted as for a shell", "", ArgumentsText.Write, ArgumentsText.WriteJson, static (in TcpEvent e) => e.Process.Args.Raw.Length > 0),
    ];

    private static readonly Dictionary<string, Field> s_byName = s_all.ToDictionary(f => f.Name);

    /// <summary>What the options call it, and what people type.</summary>
    private static readonly Dictionary<string, string> s_aliases = new()
    {
        ["op"] = "operation", ["latency"] = "latency_ns", ["duration"] = "duration_ns", ["podname"] = "pod", ["containername"] = "container",
    };

    private static readonly string[] s_columns = ["node", "namespace", "pod", "container", "t", "pid", "comm", "ip", "saddr", "daddr", "sport", "dport"];

    private const string LastJsonField = "dst";

    /// <summary>The unit of a moment, as opposed to a length of time.</summary>
    internal const string TimeUnit = "UTC";

    /// <summary>Every field.</summary>
    public static IReadOnlyList<Field> All => s_all;

    /// <summary>The fields of <c>-o columns</c>.</summary>
    public static IReadOnlyList<Field> Columns { get; } = [.. s_columns.Select(Find)];

    /// <summary>The fields of <c>-o wide</c>.</summary>
    public static IReadOnlyList<Field> Wide { get; } =
        [Find("timestamp"), .. Columns, .. new[] { "error", "reason", "latency_ns", "duration_ns", "sent_bytes", "received_bytes", "retransmits", "conn", "src", "dst" }.Select(Find)];

    /// <summary>The fields of <c>-o json</c>.</summary>
    public static IReadOnlyList<Field> Json { get; } = [.. s_all.Take(Array.FindIndex(s_all, f => f.Name == LastJsonField) + 1)];

    /// <summary>A field by its name or its JSON key.</summary>
    /// <exception cref="SelectionException">There is none.</exception>
    public static Field Find(string name) => TryFind(name) ?? throw (name.ToLowerInvariant() switch
    {
        "port" => BothEnds(name, "sport", "dport"),
        "addr" => BothEnds(name, "saddr", "daddr"),
        _ => SelectionException.UnknownName("field", name, Names, "`tcptracer fields` lists them all"),
    });

    private static SelectionException BothEnds(string name, string near, string far) =>
        new($"field '{name}' is both ends at once, which only a filter can ask for: name {near} or {far} (`tcptracer fields` lists them all)");

    /// <summary>A field by its name or its JSON key; null: there is none.</summary>
    public static Field? TryFind(string name)
    {
        string lower = name.ToLowerInvariant();
        lower = s_aliases.GetValueOrDefault(lower, lower);
        return s_byName.TryGetValue(lower, out Field? field) ? field : s_all.FirstOrDefault(f => f.JsonKey == lower);
    }

    /// <summary>Every name that <see cref="Find"/> knows.</summary>
    public static IReadOnlyCollection<string> Names { get; } = [.. s_all.Select(f => f.Name).Concat(s_all.Select(f => f.JsonKey)).Concat(s_aliases.Keys).Distinct()];

    /// <summary>Fields by a list with commas.</summary>
    /// <param name="option">The option that it is the value of.</param>
    /// <param name="list">The list.</param>
    /// <param name="what">What they are called there.</param>
    /// <exception cref="SelectionException">It is empty, or a name in it is not known.</exception>
    public static IReadOnlyList<Field> FindAll(string option, string list, string what = "fields")
    {
        IReadOnlyList<Field> fields = [.. Items(list).Select(Find)];
        return fields.Count > 0 ? fields : throw new SelectionException($"{option}: which {what}? For example: {option}{(option.EndsWith('=') ? "" : " ")}pid,comm");
    }

    /// <summary>
    /// The fields for <c>--fields</c>: <c>a,b</c> replaces, <c>+a</c> adds, <c>-a</c> takes away.
    /// </summary>
    public static IReadOnlyList<Field> Adjust(IReadOnlyList<Field> fields, string? adjustment)
    {
        if (adjustment is null)
            return fields;
        string[] items = Items(adjustment);
        if (items.Length == 0)
            throw new SelectionException("--fields: which fields? For example: --fields pid,comm or --fields +error,-node");
        string? plain = items.FirstOrDefault(i => i[0] is not ('+' or '-'));
        if (plain is not null && items.FirstOrDefault(i => i[0] is '+' or '-') is { } signed)
            throw new SelectionException($"--fields '{adjustment}': {signed} {(signed[0] == '+' ? "adds" : "takes away")}, but what is {plain} to do? Write +{plain} or -{plain}, or all without a sign to show just these");
        List<Field> result = plain is not null ? [] : [.. fields];
        foreach (string item in items)
        {
            Field field = Find(plain is not null ? item : item[1..]);
            if (item[0] == '-')
                result.RemoveAll(f => f == field || f.JsonKey == field.JsonKey);
            else if (!result.Contains(field))
                result.Add(field);
        }
        return result.Count > 0 ? result : throw new SelectionException($"--fields '{adjustment}' leaves no field to show");
    }

    /// <summary>For formats in which each key stands once.</summary>
    /// <exception cref="SelectionException">Two of the fields share a key.</exception>
    public static IReadOnlyList<Field> RequireUniqueKeys(IReadOnlyList<Field> fields, string format)
    {
        IGrouping<string, Field>? shared = fields.GroupBy(f => f.JsonKey).FirstOrDefault(g => g.Skip(1).Any());
        return shared is null ? fields : throw new SelectionException(shared.Distinct().Count() == 1
            ? $"field {shared.First().Name} is named twice, but {format} has room for one key {shared.Key}"
            : $"fields {string.Join(" and ", shared.Select(f => f.Name))} share the key {shared.Key} in {format}: choose one");
    }

    private static string[] Items(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private delegate Peer? PeerOf(in TcpEvent e);

    private delegate Address AddressOf(in TcpEvent e);

    private delegate ushort PortOf(in TcpEvent e);

    private delegate string TextOf(in TcpEvent e);

    private delegate ulong NumberOf(in TcpEvent e);

    private delegate SafeText NameOf(in TcpEvent e);

    private delegate string AsciiOf(in TcpEvent e);

    private delegate ReadOnlySpan<byte> WordOf(in TcpEvent e);

    private static Field Number(string name, int width, string meaning, NumberOf value, string unit = "")
    {
        FieldWriter write = (TextBuffer to, in TcpEvent e) => to.Append(value(in e));
        return new Field(name, name, width, meaning, unit, write, write, null) { Number = (in TcpEvent e) => (long)Math.Min(value(in e), long.MaxValue) };
    }

    private static Field Name(string name, int width, string meaning, NameOf value) => new(name, name, width, meaning, "",
        (TextBuffer to, in TcpEvent e) => value(in e).AppendText(to), (TextBuffer to, in TcpEvent e) => value(in e).AppendJson(to), null);

    /// <summary>A name that is left out where it is not known.</summary>
    private static Field Known(string name, int width, string meaning, TextOf value) =>
        Name(name, width, meaning, (in TcpEvent e) => new SafeText(value(in e))) with { Applies = (in TcpEvent e) => value(in e).Length > 0 };

    private static Field End(string name, string meaning, PeerOf peer, AddressOf address, PortOf port)
    {
        const int width = 32;
        return new Field(name, name, width, meaning, "",
            (TextBuffer to, in TcpEvent e) => PeerText.Write(to, peer(in e), address(in e), port(in e)),
            (TextBuffer to, in TcpEvent e) => PeerText.WriteJson(to, peer(in e)!),
            null) { AppliesInJson = (in TcpEvent e) => peer(in e) is not null };
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

    private static Field Ascii(string name, int width, string meaning, AsciiOf value) => new(name, name, width, meaning, "",
        (TextBuffer to, in TcpEvent e) => to.AppendAscii(value(in e)), (TextBuffer to, in TcpEvent e) => Quote(to, value(in e)), null);

    private static Field Word(string name, int width, string meaning, WordOf value) => new(name, name, width, meaning, "",
        (TextBuffer to, in TcpEvent e) => to.Append(value(in e)),
        (TextBuffer to, in TcpEvent e) =>
        {
            to.Append((byte)'"');
            to.Append(value(in e));
            to.Append((byte)'"');
        }, null);

    private static Field Flag(string name, string meaning, EventFlags flag)
    {
        FieldWriter write = static (TextBuffer to, in TcpEvent e) => to.Append("true"u8);
        return new Field(name, name, name.Length, meaning, "", write, write, (in TcpEvent e) => (e.Flags & flag) != 0) { Words = ["true"] };
    }

    private static Field Custom(string name, int width, string meaning, FieldWriter write, bool quoted) => new(name, name, width, meaning, "", write,
        !quoted ? write : (TextBuffer to, in TcpEvent e) =>
        {
            to.Append((byte)'"');
            write(to, in e);
            to.Append((byte)'"');
        }, null);

    private static void Quote(TextBuffer to, string ascii)
    {
        to.Append((byte)'"');
        to.AppendAscii(ascii);
        to.Append((byte)'"');
    }

    private static void WriteConnection(TextBuffer to, in TcpEvent e)
    {
        to.AppendHex((ulong)e.StartNs);
        to.Append((byte)'.');
        to.AppendHex(e.StartCpu);
    }

    private static ulong Age(in TcpEvent e) => (ulong)Math.Max(0, e.TimestampNs - e.StartNs);

    private static bool IsTimed(in TcpEvent e) => (e.Flags & EventFlags.Untimed) == 0;

    private static bool HasActor(in TcpEvent e) => e.IsEnd && e.Other.Pid != 0;

    private static bool HasListener(in TcpEvent e) => e.Operation is Operation.Accept or Operation.Unaccepted && e.Other.Pid != 0;
}
