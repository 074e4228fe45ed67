using System.CommandLine;
using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Values;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Commands;

internal static class AgentCommand
{
    private const string Examples = """
          tcptracer agent -o node.tct                          what the DaemonSet runs
          tcptracer agent -o node.tct --keep 6 --socket node.sock
          kubectl exec POD -- tcptracer -n shop                live, without a second recorder
          kubectl exec POD -- tcptracer agent stream --since 15m > incident.tct
        """;

    private const string UsualSize = "64M", UsualPeriod = "10m", UsualKeep = "24";

    public static Command Create()
    {
        var file = new Option<string>("--output", "-o")
        {
            HelpName = "FILE", Description = "The set of files to write", Required = true,
        };
        var size = new TextOption("--rotate-size", "SIZE", $"Begin a new file at this size (default {UsualSize})");
        var period = new TextOption("--rotate-every", "TIME", $"Begin a new file after this time (default {UsualPeriod})");
        var keep = new TextOption("--keep", "N", $"Keep N files in all: delete the oldest (default {UsualKeep})");
        TextOption socket = NewSocket();
        var selection = new SelectionOptions();
        var capture = new CaptureCommandOptions();
        var agent = new DocumentedCommand("agent", "Record for all who look at this node: a ring of files, and a socket", Examples)
        {
            Notes = $"""
                One agent records; any number of readers follow its files, and load no probes.

                `tcptracer`, `top`, `record` and `doctor` are such readers where ${AgentConnection.VariableName} names the socket, as in the
                container image.
                """,
        };
        foreach (Option option in new Option[] { file, socket, size, period, keep })
            agent.Options.Add(option);
        selection.AddTo(agent);
        capture.AddTo(agent);
        agent.SetAction(parsed => AgentHandler.Run(
            new RecordRequest
            {
                File = parsed.GetValue(file)!,
                Command = [],
                Verbose = parsed.GetValue(TcpTracerCommand.Verbose),
                Capture = capture.Read(parsed),
                Selection = selection.Read(parsed),
                Storage = new StorageRequest(new RotationRule(
                    Quantity.Bytes("--rotate-size", parsed.GetValue(size) ?? UsualSize),
                    Quantity.Time("--rotate-every", parsed.GetValue(period) ?? UsualPeriod),
                    Aligned: false, Quantity.Number("--keep", parsed.GetValue(keep) ?? UsualKeep)), null),
            },
            parsed.GetValue(socket) ?? AgentConnection.DefaultPath));
        agent.Subcommands.Add(CreateStream());
        return agent;
    }

    private static TextOption NewSocket() => new("--socket", "PATH",
        $"Where the agent listens (default: ${AgentConnection.VariableName}, else {AgentConnection.UsualPath})");

    private static DocumentedCommand CreateStream()
    {
        TextOption socket = NewSocket();
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what comes, until the agent or standard input ends" };
        var times = new TimeOptions();
        var selection = new SelectionOptions();
        var stream = new DocumentedCommand("stream", "Write what the agent of this node has recorded to standard output, as a trace", """
              kubectl exec POD -- tcptracer agent stream --since 15m > incident.tct
              kubectl exec POD -- tcptracer agent stream --follow | tcptracer show -
            """) { socket, follow };
        times.AddTo(stream);
        selection.AddTo(stream);
        stream.SetAction(parsed => AgentHandler.Stream(
            parsed.GetValue(socket) ?? AgentConnection.DefaultPath, selection.Read(parsed),
            ReadTimes(parsed, times, parsed.GetValue(follow)), parsed.GetValue(follow)));
        return stream;
    }

    /// <summary>Without a window, a reader that follows begins now.</summary>
    private static TimeWindow ReadTimes(ParseResult parsed, TimeOptions times, bool follow) =>
        follow && !times.IsGiven(parsed) ? TimeWindow.StartingAt(DateTimeOffset.UtcNow) : times.Read(parsed);
}
