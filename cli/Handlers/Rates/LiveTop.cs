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
        CaptureRequest capture = request.Capture;
        _ = new EventFilter(request.Selection); // reports a mistake in it before anything is started
        using OneRecorder? only = OneRecorder.Claim();
        using LiveWorkloads workloads = NamedCapture.Start(capture);
        Selection scoped = NamedCapture.Scope(request.Selection with { Progress = true }, workloads.Namespace);
        var filter = new EventFilter(scoped);
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
        var table = new RateTable(request.Every.Ticks * TimeSpan.NanosecondsPerTick, WhenFull.ForgetOldest);
        var shown = new FilterSink(filter, table);
        string scope = scoped.Namespace is { } name && request.Selection.Namespace is null ? $", namespace {name} (-A: all)" : "";
        var title = Sentence.Of($"{workloads.View.Host.Node}{scope}");
        var screen = new TopScreen(table, new TopView(title.ToString(), isLive: true), new TopState(), isLive: true);
        using (Messages.HoldBack())
        using (var signals = new Signals(_ => screen.Stop(), () => { }))
            Watch(screen, source, new CountLimit(capture.Count, filter, shown, source.Stop), capture.Duration);
        Messages.Line($"{Messages.Count(source.Captured, "event")} captured");
        Messages.SayLost(source.Lost, source.HooksSkipped);
        Messages.SayShortfalls(source.Shortfalls);
        return ExitCode.Done;
    }

    private static void Watch(TopScreen screen, LiveEventSource source, IEventSink sink, TimeSpan? duration)
    {
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
                source.Stop();
            }
        });
        drawing.Start();
        try
        {
            source.Run(sink, duration);
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
