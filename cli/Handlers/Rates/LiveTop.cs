using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Screens;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Workloads;
using TcpTracer.Replay.Rates;

namespace TcpTracer.Cli.Handlers.Rates;

/// <summary>
/// Shows who makes how many connections a second, as it happens. One thread records, this one draws. What is said meanwhile is said when
/// the terminal is given back.
/// </summary>
internal static class LiveTop
{
    public static int Run(TopRequest request)
    {
        if (!Terminal.IsInteractive)
            throw new UserException($"top needs a terminal, unless it reads a trace: `tcptracer top FILE` prints one page", ExitCode.Usage);
        Shortage.RequireThreads();
        Signals.HearInterrupts();
        RefusedPrograms.RequireKnown();
        _ = new EventFilter(request.Selection); // reports a mistake in it before anything is started
        using AgentConnection? agent = AgentConnection.Find();
        return agent is null ? Record(request) : ReadAlong(request, agent.Status);
    }

    private static int Record(TopRequest request)
    {
        CaptureRequest capture = request.Capture;
        using OneRecorder? only = OneRecorder.Claim();
        using LiveWorkloads workloads = NamedCapture.Start(capture);
        EventFilter filter = FilterOf(request, workloads.Namespace);
        NamedCapture.SayIfNobodyKnowsNames(filter, workloads, capture);
        using LiveEventSource source = LiveHandler.Open(new CaptureOptions
        {
            Filter = filter,
            Workloads = workloads,
            RingBytes = capture.RingBytes,
            MaxConnections = capture.MaxConnections,
            ProgressEvery = capture.ProgressEvery ?? request.Every,
        });
        NetworkNamespace.LetGo();
        new Privileges { Reopened = workloads.Reopened }.GiveUpOthers();
        RateTable table = NewTable(request);
        var counted = new CountLimit(capture.Count, filter, new FilterSink(filter, table), source.Stop);
        Watch(NewScreen(table, request, workloads.View.Host.Node.ToString(), workloads.Namespace),
            () => source.Run(counted, capture.Duration), source.Stop);
        Messages.Line($"{Messages.Count(source.Captured, "event")} captured");
        Messages.SayLost(source.Lost, source.HooksSkipped);
        Messages.SayShortfalls(source.Shortfalls);
        return ExitCode.Done;
    }

    /// <summary>Where an agent records already. Bytes of open connections are known only if it records progress.</summary>
    private static int ReadAlong(TopRequest request, AgentStatus agent)
    {
        RateTable table = NewTable(request);
        var feed = new AgentFeed(request.Capture, FilterOf(request, agent.Namespace), table, () => false);
        Watch(NewScreen(table, request, agent.Node, agent.Namespace), () => feed.Run(agent), feed.Stop);
        Messages.SayLost(feed.Lost, hooksSkipped: 0);
        return ExitCode.Done;
    }

    private static EventFilter FilterOf(TopRequest request, string? @namespace) =>
        new(NamedCapture.Scope(request.Selection with { Progress = true }, @namespace));

    private static RateTable NewTable(TopRequest request) =>
        new(request.Every.Ticks * TimeSpan.NanosecondsPerTick, WhenFull.ForgetOldest);

    private static TopScreen NewScreen(RateTable table, TopRequest request, string node, string? @namespace)
    {
        string? shown = NamedCapture.Scope(request.Selection, @namespace).Namespace;
        string scope = shown is null || request.Selection.Namespace is not null ? "" : $", namespace {shown} (-A: all)";
        var title = Sentence.Of($"{node}{scope}");
        return new TopScreen(table, new TopView(title.ToString(), isLive: true), new TopState(), isLive: true);
    }

    /// <param name="screen">Draws, on a thread of its own.</param>
    /// <param name="run">Hands events to the table of the screen, on this thread.</param>
    /// <param name="stop">Ends that.</param>
    private static void Watch(TopScreen screen, Action run, Action stop)
    {
        using IDisposable held = Messages.HoldBack();
        using var signals = new Signals(_ => screen.Stop(), () => { });
        Exception? failure = null;
        var drawing = new Thread(() =>
        {
            try
            {
                screen.Run();
            }
            catch (Exception e) // reported by the thread that waits for this one
            {
                failure = e;
            }
            finally
            {
                stop();
            }
        });
        drawing.Start();
        try
        {
            run();
        }
        finally
        {
            screen.Stop();
            drawing.Join();
        }
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }
}
