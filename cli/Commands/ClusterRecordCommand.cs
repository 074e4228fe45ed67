using System.CommandLine;
using TcpTracer.Cli.Handlers.Cluster;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Cli.Commands;

/// <summary>One trace of all nodes.</summary>
internal static class ClusterRecordCommand
{
    private const string Auto = "auto", None = "none";

    private const string Notes = """
        The clocks of the nodes are set right by connections that were seen at both ends. How far each was off is said,
        and stays in the trace.

        Until the end, what the nodes give lies in FILE.parts. If the program is killed, `tcptracer merge` joins what is there.
        """;

    public static Command CreateRecord()
    {
        var duration = new TextOption("--duration", "TIME", "End after this time, as in 30s, 5m or 1h");
        return Create("record", "Record what happens on all nodes into one trace", """
              tcptracer cluster record -o all.tct --duration 5m
              tcptracer cluster record -o all.tct -n shop          until Ctrl-C, one namespace
            """, duration, (request, parsed) => request with
        {
            Duration = parsed.GetValue(duration) is { } time ? Quantity.Time("--duration", time) : null,
        });
    }

    public static Command CreateCollect()
    {
        var since = new TextOption("--since", "TIME", "Begin of the time that is collected: an age as 15m, or RFC 3339")
        {
            Required = true,
        };
        return Create("collect", "Make one trace of what all nodes have recorded, after it happened", """
              tcptracer cluster collect --since 15m -o incident.tct
              tcptracer cluster collect --since 2026-11-23T14:28Z -o incident.tct -n shop
            """, since, (request, parsed) => request with { SinceNs = ReadSince(parsed.GetValue(since)!) });
    }

    private static DocumentedCommand Create(
        string name, string description, string examples, Option own,
        Func<ClusterRecordRequest, ParseResult, ClusterRecordRequest> complete)
    {
        var file = new Option<string>("--output", "-o") { HelpName = "FILE", Description = "The trace to write", Required = true };
        var force = new Option<bool>("--force") { Description = "Overwrite FILE; else it is moved to FILE.old" };
        var align = new ChoiceOption("--align", [], "HOW",
            "Set the clocks of other hosts right by connections that were seen at both ends (auto), or leave them (none)", Auto, None);
        var selection = new SelectionOptions();
        var cluster = new ClusterOptions();
        var command = new DocumentedCommand(name, description, examples) { file, force, own, align };
        command.Notes = Notes;
        selection.AddTo(command);
        cluster.AddTo(command, withOnce: name == "record");
        command.SetAction(parsed => ClusterRecordHandler.Run(complete(new ClusterRecordRequest
        {
            Cluster = cluster.Read(parsed),
            Selection = selection.Read(parsed),
            Output = parsed.GetValue(file)!,
            Force = parsed.GetValue(force),
            IsAligned = align.Read(parsed) == Auto,
        }, parsed)));
        return command;
    }

    /// <summary>A moment, in nanoseconds since 1970. A time of day would be of which day, in which node's zone?</summary>
    private static long ReadSince(string text)
    {
        if (Quantity.TryParseTime(text) is { } age)
            return (DateTime.UtcNow - age - DateTime.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        return Rfc3339.TryParse(text, TimeZoneInfo.Utc)
            ?? throw new SelectionException($"--since '{text}': an age such as 15m, or a moment such as 2026-11-23T14:28:00Z, is expected");
    }
}
