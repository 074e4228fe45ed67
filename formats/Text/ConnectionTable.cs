using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using static TcpTracer.Formats.Text.FieldKinds;

namespace TcpTracer.Formats.Text;

/// <summary>
/// Declares the fields of a connection. Those of its events have the same names, and the value of the near end's latest event, or where
/// they do not apply to that, of its first one. So a latency comes from the connect, and bytes from the end.
/// </summary>
internal static class ConnectionTable
{
    /// <summary>What an event has and a connection has not: it has a start and an end instead.</summary>
    private static readonly string[] s_ofOneEvent = ["type", "timestamp", "boottime_ns"];

    private static readonly string[] s_states = ["open", "closed", "reset", "failed"];

    private static readonly string[] s_peerFields =
    [
        "node", "namespace", "pod", "container", "pid", "comm", "saddr", "daddr", "sport", "dport", "uid", "conn", "netns", "exe", "owner",
        "latency_ns", "reason", "sent_bytes", "received_bytes",
    ];

    private static readonly string[] s_peerKeys =
    [
        "node", "namespace", "pod", "container", "pid", "comm", "saddr", "daddr", "sport", "dport", "uid", "conn", "latency_ns", "reason",
        "sent_bytes", "received_bytes", "netns", "exe",
    ];

    private static readonly Field s_reason = Near(Fields.Find("reason")), s_error = Near(Fields.Find("error"));

    /// <summary>What <c>peer</c> has in JSON.</summary>
    private static readonly Field[] s_peerInJson = [.. s_peerKeys.Select(n => Of(Fields.Find(n), FarEnd))];

    /// <summary>The fields of a JSON line, in its order.</summary>
    public static readonly Field[] InJson =
    [
        Word("type", 10, (in e) => "connection"u8, "kind of line: connection, or with --with-status lost")
            with { Words = ["connection"] },
        Moment("start", (in e) => e.Connection!.StartNs, "when it began, or was first seen, RFC 3339"),
        Moment("end", (in e) => e.Connection!.EndNs, "when it ended, at both ends where both were seen, RFC 3339")
            with { Applies = (in e) => e.Connection!.IsEnded },
        Ascii("state", 6, (in e) => s_states[(int)e.Connection!.State],
            "how far it got: open, closed, reset (also timed out, killed, aborted), failed (also never accepted)")
            with { Words = s_states },
        .. FieldTable.InJson.Where(f => !s_ofOneEvent.Contains(f.Name)).Select(Near),
        new Field("peer", "peer", 24, "the other end, where it was seen: its owner, and what it saw", "",
            WritePeer, WritePeerJson, HasPeer) { Type = FieldType.Values },
    ];

    /// <summary>The fields that are shown only in columns, or where --fields names them.</summary>
    public static readonly Field[] OnRequest =
    [
        .. FieldTable.OnRequest.Where(f => !s_ofOneEvent.Contains(f.Name)).Select(f => f.Name == "dst_pod" ? Joined(f) : Near(f)),
        End("from", 32, (in e) => IsTurned(in e) ? e.Destination : e.Source,
            (in e) => IsTurned(in e) ? (e.Daddr, e.Dport) : (e.Saddr, e.Sport),
            "who began it: pod, service or node of that end, else its address") with { Header = "SRC" },
        Doubted(End("to", 32, (in e) => IsTurned(in e) ? e.Source : e.Destination,
            (in e) => IsTurned(in e) ? (e.Saddr, e.Sport) : (e.Daddr, e.Dport),
            "who was called: pod, service or node of that end, else its address; with ? where only the ports tell")) with
        {
            Header = "DST",
        },
        ForEyes("duration", 8, "duration_ns", UnitText.AppendTime),
        ForEyes("latency", 7, "latency_ns", UnitText.AppendTime),
        ForEyes("sent", 7, "sent_bytes", UnitText.AppendSize),
        ForEyes("received", 8, "received_bytes", UnitText.AppendSize),
        Unquoted("why", 14, WriteWhy, "reason, or of a connect() that failed, error") with
        {
            Header = "REASON",
            JsonKey = "reason",
            Applies = (in e) => s_reason.Applies!(in e) || s_error.Applies!(in e),
            Json = (to, in e) =>
            {
                to.Append((byte)'"');
                WriteWhy(to, in e);
                to.Append((byte)'"');
            },
        },
        .. s_peerFields.Select(n => Of(Fields.Find(n), FarEnd) with
        {
            Name = "peer_" + n,
            JsonKey = "peer_" + n,
            Header = "PEER_" + n.ToUpperInvariant(),
            Meaning = $"{n} of the other end, where that was seen",
        }),
    ];

    /// <summary>Other names for fields, as those of events have them.</summary>
    public static readonly Dictionary<string, string> Aliases = new()
    {
        ["op"] = "operation", ["podname"] = "pod", ["containername"] = "container",
    };

    /// <summary>The names of the fields of <c>-o columns</c>, in its order.</summary>
    public static readonly string[] InColumns =
        ["start", "duration", "state", "comm", "pid", "from", "to", "latency", "sent", "received", "why"];

    /// <summary>The names of the fields of <c>-o wide</c>, in its order.</summary>
    public static readonly string[] InWide =
    [
        "start", "duration", "state", "node", "namespace", "pod", "container", "comm", "pid", "from", "to", "latency", "sent", "received",
        "why", "conn", "flow",
        "peer_node", "peer_namespace", "peer_pod", "peer_container", "peer_comm", "peer_pid",
    ];

    /// <summary>The names of the fields of a table with types: of the other end, each value is a column.</summary>
    public static readonly string[] InTable =
        [.. InJson.Select(f => f.Name).Where(n => n != "peer"), .. s_peerKeys.Select(n => "peer_" + n)];

    private delegate ConnectionEnd? EndOfRow(in TcpEvent row);

    private static ConnectionEnd? NearEnd(in TcpEvent row) => row.Connection!.Near;

    private static ConnectionEnd? FarEnd(in TcpEvent row) => row.Connection!.Far;

    private static bool HasPeer(in TcpEvent row) => row.Connection!.Far is not null;

    private static bool IsTurned(in TcpEvent row) => row.Connection!.IsNearCalled;

    private static Field Near(Field field) => Of(field, NearEnd);

    /// <summary>A field of the other end: where that end was seen, it knows best, also if a merge brought both ends together.</summary>
    private static Field Joined(Field field)
    {
        Field near = Near(field);
        FieldCondition knows = field.Applies!;
        return near with
        {
            Text = (to, in row) => (knows(in row) ? field : near).Text(to, in row),
            Json = (to, in row) => (knows(in row) ? field : near).Json(to, in row),
            Applies = (in row) => knows(in row) || near.Applies!(in row),
            AppliesInJson = (in row) => knows(in row) || near.Applies!(in row),
        };
    }

    /// <summary>What was done first says what kind of connection it is; everything else is as the latest event has it.</summary>
    private static bool IsOfOpening(Field field) => field.JsonKey == "operation";

    /// <summary>A field of events, for one end of a connection.</summary>
    private static Field Of(Field field, EndOfRow endOf)
    {
        bool ofOpening = IsOfOpening(field);
        ref readonly TcpEvent Choose(ConnectionEnd end, FieldCondition? applies) =>
            ref ofOpening || (applies is not null && !applies(in end.Latest)) ? ref end.Opening : ref end.Latest;
        FieldCondition? Either(FieldCondition? applies) =>
            (in row) => endOf(in row) is { } end && (applies is null || applies(in Choose(end, applies)));
        return field with
        {
            Text = (to, in row) => field.Text(to, in Choose(endOf(in row)!, field.Applies)),
            Json = (to, in row) => field.Json(to, in Choose(endOf(in row)!, field.AppliesInJson)),
            Applies = Either(field.Applies),
            AppliesInJson = Either(field.AppliesInJson),
            Number = field.Number is { } number ? (in row) => number(in Choose(endOf(in row)!, field.Applies)) : null,
            Address = field.Address is { } address ? (in row) => address(in Choose(endOf(in row)!, field.Applies)) : null,
            UnsignedNumber = field.UnsignedNumber is { } unsigned ? (in row) => unsigned(in Choose(endOf(in row)!, field.Applies)) : null,
            Peer = field.Peer is { } peer ? (in row) => peer(in Choose(endOf(in row)!, field.AppliesInJson)) : null,
            Scope = FieldScope.Event,
        };
    }

    /// <summary>Where only the ports tell who was called, a question mark says so, for eyes.</summary>
    private static Field Doubted(Field field) => field with
    {
        Text = (to, in row) =>
        {
            field.Text(to, in row);
            if (row.Connection!.IsTurnDoubtful)
                to.Append((byte)'?');
        },
    };

    /// <summary>A number with its unit. In JSON it is what it is there.</summary>
    private static Field ForEyes(string name, int width, string number, Action<TextBuffer, ulong> append)
    {
        Field field = Near(Fields.Find(number));
        return field with
        {
            Name = name,
            Header = name.ToUpperInvariant(),
            Width = width,
            Meaning = $"{number} with a unit, for eyes",
            Text = (to, in row) => append(to, (ulong)field.Number!(in row)),
        };
    }

    private static Field Moment(string name, FieldNumber wallNs, string meaning) =>
        Quoted(name, 30, (to, in e) => to.AppendTimestamp(wallNs(in e)), meaning) with
        {
            Unit = FieldTable.TimeUnit,
            Number = wallNs,
            Type = FieldType.Time,
        };

    private static void WriteWhy(TextBuffer to, in TcpEvent row) => (s_reason.Applies!(in row) ? s_reason : s_error).Text(to, in row);

    private static void WritePeer(TextBuffer to, in TcpEvent row)
    {
        ref readonly TcpEvent latest = ref row.Connection!.Far!.Latest;
        latest.Process.Comm.AppendText(to);
        to.Append((byte)'[');
        to.Append((ulong)latest.Process.Pid);
        to.Append((byte)']');
    }

    private static void WritePeerJson(TextBuffer to, in TcpEvent row)
    {
        string between = "{";
        foreach (Field field in s_peerInJson)
        {
            if (!field.AppliesInJson!(in row))
                continue;
            to.AppendAscii(between);
            WriteQuoted(to, field.JsonKey);
            to.Append((byte)':');
            field.Json(to, in row);
            between = ",";
        }
        to.Append((byte)'}');
    }
}
