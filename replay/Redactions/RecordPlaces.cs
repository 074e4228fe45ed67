using TcpTracer.Formats.Records;

namespace TcpTracer.Replay.Redactions;

/// <summary>Says what each text in a record is, by its path.</summary>
internal static class RecordPlaces
{
    private static readonly HashSet<string> s_words =
    [
        "t", "major", "minor", "required", "run", "tool", "node", "kernel", "machine", "cpus", "boot_id", "command", "hooks", "refused",
        "sources", "ring", "clock", "copies", "merged", "absent", "offset", "bound", "pairs", "source", "at", "checkpoint", "cgroups",
        "containers",
        "pods", "services", "nodes", "forgotten", "from", "to", "count", "total", "cause", "captured", "written", "lost", "unfinished",
        "open", "closing", "unanswered", "never_accepted", "handshakes_dropped", "n", "openings", "d", "c", "padding", "kind", "process",
        "address", "local", "remote", "other", "shift", "ts", "back", "port", "age", "cpu", "fd", "sent", "received", "retransmits",
        "srtt", "flow", "far_cgroup", "far_cgroup_v1", "unnamed", "no_source", "not_answered", "failing", "not_reported", "no_cgroup",
        "name", "state", "problem", "first", "last", "failures", "failed",
    ];

    private static readonly string[] s_maps = ["events.d", "events.c", "end.unfinished", "end.unnamed", "end.sources.*", "header.merged.*"];

    /// <summary>Whether it is a word of the format itself, or a column of numbers.</summary>
    public static bool IsFormat(in RecordText text)
    {
        string place = text.Place;
        if (text.IsKey && (!place.Contains('.') || s_maps.Contains(place)))
            return s_words.Contains(System.Text.Encoding.UTF8.GetString(text.Bytes.Span));
        if (place.EndsWith(".t", StringComparison.Ordinal) && place.IndexOf('.') == place.Length - 2)
            return RecordKinds.Parse(System.Text.Encoding.UTF8.GetString(text.Bytes.Span)) is not null;
        return !text.IsText && (place == "events.padding" || Array.Exists(s_numbers, n => place.StartsWith(n, StringComparison.Ordinal)));
    }

    private static readonly string[] s_numbers = ["events.c.", "events.d.local.", "events.d.remote."];

    /// <summary>The path as in a header of its own: <c>header.merged.*</c> holds the headers of the traces that were merged.</summary>
    public static RecordText InHeader(in RecordText text)
    {
        const string merged = "header.merged.*";
        return text.Place.StartsWith(merged, StringComparison.Ordinal)
            ? text with { Place = $"header{text.Place[merged.Length..]}" } : text;
    }

    /// <summary>Whether it is an address.</summary>
    public static bool IsAddress(in RecordText text) => text is { IsText: false, Bytes.Length: 4 or 16, IsKey: false }
        && text.Place is "events.d.address.*" or "metadata.pods.*.6.*.0" or "metadata.services.*.3.*.0" or "metadata.nodes.*.1.*.0";

    /// <summary>Which of the <see cref="RedactionPolicy.Names"/> a place holds; null: none.</summary>
    public static string? FieldAt(string place) => place switch
    {
        "events.d.process.*.5" or "events.d.process.*.6" or "events.d.other.*.1" => "comm",
        "events.d.process.*.12" => "exe",
        "events.d.process.*.13" => "args",
        "metadata.pods.*.1" or "metadata.services.*.1" => "namespace",
        "metadata.pods.*.2" => "pod",
        "metadata.pods.*.3" or "metadata.nodes.*.0" or "header.node" or "header.absent.*.0" or "metadata.forgotten.*.1" => "node",
        "metadata.pods.*.4" => "owner",
        "metadata.containers.*.2" => "container",
        "metadata.containers.*.3" => "image",
        "metadata.services.*.2" => "service",
        _ => place.StartsWith("metadata.pods.*.5", StringComparison.Ordinal) ? "labels" : null,
    };
}
