using System.Diagnostics;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>What an agent records, as events from now on: reads its files as they are written.</summary>
internal sealed class AgentFeed
{
    private readonly CaptureRequest _capture;
    private readonly FilterSink _shown;
    private readonly FromNowOn _sink;
    private readonly CountLimit _limit;
    private readonly FollowedFiles _files;
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>Reads from now on.</summary>
    /// <param name="capture">How long, and how many events.</param>
    /// <param name="filter">Which events.</param>
    /// <param name="rows">Gets them.</param>
    /// <param name="isOver">Whether nobody wants more rows.</param>
    public AgentFeed(CaptureRequest capture, EventFilter filter, IEventSink rows, Func<bool> isOver)
    {
        RequireOurs(capture);
        _capture = capture;
        _shown = new FilterSink(filter, rows);
        _limit = new CountLimit(capture.Count, filter, _shown);
        var fromNowOn = TimeWindow.StartingAt(DateTimeOffset.UtcNow);
        _sink = new FromNowOn(_limit, fromNowOn);
        var all = new EventFilter(new Selection { Existing = true, Progress = true }); // the filter counts what it hides, as in live output
        var read = new TraceSelection(all, fromNowOn);
        var source = new TraceEventSource(read, _sink, workers: 1) { IsOver = () => _limit.IsReached };
        _files = new FollowedFiles(read, () => _limit.IsReached || IsTimeUp || isOver(), (part, trace) => source.Run(trace, part.From));
    }

    private bool IsTimeUp => _capture.Duration is { } duration && Stopwatch.GetElapsedTime(_started) >= duration;

    /// <summary>What was lost since the beginning, by cause.</summary>
    public IReadOnlyDictionary<LossSource, long> Lost => _sink.Lost;

    /// <summary>How many events were shown and hidden.</summary>
    public FilterSink Shown => _shown;

    /// <summary>Reads until <see cref="Stop"/>, or until the time is up, the count is reached, or the agent has ended.</summary>
    /// <returns>An exit code.</returns>
    public int Run(AgentStatus agent)
    {
        _sink.OnPause(); // prints the header at once
        int status = _files.Run(new FilePart(agent.File));
        _sink.OnPause();
        return AgentEnd.Judge(status, _files);
    }

    /// <summary>Ends <see cref="Run"/>. From any thread.</summary>
    public void Stop() => _files.Stop();

    /// <summary>Options that say how to record are the agent's own.</summary>
    /// <exception cref="UserException">One of them is given.</exception>
    public static void RequireOurs(CaptureRequest capture)
    {
        if (capture.RecorderOption is { } option)
        {
            throw new UserException($"{option} is for who records, and here the agent does: start the agent with it, or record beside the "
                + $"agent with {AgentConnection.VariableName}= before the command", ExitCode.Usage);
        }
    }
}
