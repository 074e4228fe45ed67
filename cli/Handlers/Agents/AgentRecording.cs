using System.Diagnostics;
using TcpTracer.Cli.Handlers.Copies;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary><c>record</c> where an agent records already: copies what the agent records from now on, and loads no probes.</summary>
internal static class AgentRecording
{
    public static int Run(RecordRequest request, AgentConnection connection)
    {
        RequireOurs(request);
        using Stream to = TraceFiles.Create(request.File, request.Force ? IfExists.Overwrite : IfExists.MoveAside);
        long started = Stopwatch.GetTimestamp();
        bool IsTimeUp() => request.Capture.Duration is { } duration && Stopwatch.GetElapsedTime(started) >= duration;
        TimeWindow fromNowOn = TimeWindow.StartingAt(DateTimeOffset.UtcNow);
        var copy = new AgentCopy(connection.Status, request.Selection, fromNowOn, to,
            () => IsTimeUp() || (request.ToStandardOutput && StandardOutput.IsAbandoned), request.Capture.Count);
        using var signals = new Signals(_ => copy.Stop(), () => Messages.Say($"{Messages.Count(copy.Read.Passed, "event")} written"));
        if (to is TraceOutput file)
            CopyRun.SayDisplaced(request.File, file.Place());
        Messages.Say($"recording to {request.FileName} what the agent of this container records; Ctrl-C ends");
        int status = copy.Run(follow: true);
        TraceEnds.SayUnknown(copy.Read.Findings, "left out");
        Messages.Line($"{Messages.Count(copy.Read.Passed, "event")} written to {request.FileName} ({Messages.Size(copy.BytesWritten)})");
        Messages.SayLost(copy.Lost, hooksSkipped: 0);
        return request.FailOnLoss && copy.Lost.Values.Sum() > 0 ? ExitCode.LostOrDamaged : status;
    }

    private static void RequireOurs(RecordRequest request)
    {
        AgentFeed.RequireOurs(request.Capture);
        string? option = request switch
        {
            { Command.Count: > 0 } => "-- COMMAND",
            { Print: not null } => "--print",
            { Storage.Rotation: not null } => "--rotate-...",
            { Storage.Flight: not null } => "--ring",
            _ => null,
        };
        if (option is not null)
        {
            throw new UserException($"{option} needs a recorder of its own, and here the agent records: leave it out, or record beside the "
                + $"agent with {AgentConnection.VariableName}= before the command", ExitCode.Usage);
        }
    }
}
