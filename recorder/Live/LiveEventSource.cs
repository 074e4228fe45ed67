using System.Diagnostics;
using TcpTracer.Bpf;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Recorder.Live;

/// <summary>
/// Events as they happen on this machine. First <see cref="Open"/>, then read what a header needs, then <see cref="Run"/>. For
/// one thread, except <see cref="Stop"/> and <see cref="Ask"/>.
/// </summary>
public sealed class LiveEventSource : IDisposable
{
    private const int LastRounds = 20;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_countersPeriod = TimeSpan.FromSeconds(1), s_quietPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_filesPeriod = TimeSpan.FromSeconds(10), s_roomPeriod = TimeSpan.FromMilliseconds(200);

    private readonly TcpProbe _probe;
    private readonly bool _listsOpenSockets;
    private readonly BootClock _clock = new();
    private readonly ProcessImages _images = new();
    private readonly RawEventDecoder _decoder;
    private readonly BothEnds _ends;
    private readonly LossMeter _losses = new();
    private readonly LiveWorkloads _workloads;
    private readonly Receiver _receiver;
    private IEventSink _sink = null!;
    private long _countersRead = Stopwatch.GetTimestamp();
    private bool _isQuiet;
    private long _filesSearched, _acceptsSought;
    private readonly TimeSpan? _progressEvery;
    private long _progressReported = Stopwatch.GetTimestamp();
    private volatile bool _stopped;
    private Action? _asked;

    private LiveEventSource(TcpProbe probe, CaptureOptions options, bool listsOpenSockets)
    {
        LiveWorkloads workloads = options.Workloads;
        _progressEvery = options.ProgressEvery;
        _probe = probe;
        _listsOpenSockets = listsOpenSockets;
        _decoder = new RawEventDecoder(_images);
        _ends = new BothEnds(options.MaxConnections);
        _receiver = new Receiver(this);
        workloads.ReportCgroupsAgain = probe.ReportCgroupsAgain;
        _workloads = workloads;
    }

    /// <summary>The sink gets a pause at least so often, also when nothing happens; null: once a second. From any thread.</summary>
    public Func<TimeSpan>? PauseEvery { get; set; }

    /// <summary>Events handed on so far.</summary>
    public long Captured { get; private set; }

    /// <summary>Events that the kernel dropped because their container is not selected.</summary>
    public long Unwanted => _probe.ReadCounters().Unwanted;

    /// <summary>Events lost so far, by cause.</summary>
    public IReadOnlyDictionary<LossSource, long> Lost => _losses.Totals;

    /// <summary>
    /// How often the kernel skipped a hook (<see cref="TcpProbe.CountSkippedHooks"/>). For most of them a later hook made up.
    /// </summary>
    public long HooksSkipped => _probe.CountSkippedHooks();

    /// <summary>The connections that had not ended as the recording ended.</summary>
    public Unfinished AtEnd { get; private set; }

    /// <summary>The clock sample in use: before <see cref="Run"/>, that of the start.</summary>
    public ClockSample Clock => _clock.Current;

    /// <summary>The kernel hooks in use.</summary>
    public IReadOnlyList<string> Hooks => _probe.Hooks;

    /// <summary>What this recording does without, or has only in a worse way, and why.</summary>
    public IReadOnlyList<Finding> Limitations => [.. _probe.Limitations.Select(Finding.Of)];

    /// <summary>The <see cref="Limitations"/> that may have cost events, or some of their fields.</summary>
    public IReadOnlyList<Finding> Shortfalls => [.. _probe.Limitations.Where(MayHaveCost).Select(Finding.Of)];

    /// <summary>
    /// A worse way costs only time. A second program that is missing costs something only if the kernel skipped the first.
    /// </summary>
    private bool MayHaveCost(Limitation limitation)
    {
        if (!limitation.IsMissing)
            return false;
        if (limitation.Facility.IsSecond)
            return HooksSkipped > 0;
        return _listsOpenSockets || limitation.Facility != Facilities.OlderConnections;
    }

    /// <summary>Loads and attaches the probes. From then on no event is missed; <see cref="Run"/> hands them on.</summary>
    /// <exception cref="CannotRecordException">This machine cannot record.</exception>
    public static LiveEventSource Open(CaptureOptions options)
    {
        try
        {
            return Attach(options);
        }
        catch (ProbeException e)
        {
            throw new CannotRecordException(e);
        }
    }

    private static LiveEventSource Attach(CaptureOptions options)
    {
        EventFilter filter = options.Filter;
        TcpProbe probe = TcpProbe.Start(new ProbeOptions
        {
            RingBytes = options.RingBytes,
            MaxConnections = options.MaxConnections,
            Operations = filter.Operations,
            Netns = filter.KernelNetns,
            Pids = filter.KernelPids,
            Ports = filter.KernelPorts,
            OnlyChildren = options.OnlyChildren,
            ByWorkload = filter.LooksAtWorkload,
            Arguments = options.Arguments,
        });
        try
        {
            bool listsOpenSockets = !options.OnlyChildren || filter.KernelNetns.Count > 0;
            if (listsOpenSockets) // this also finds the cookies of the selected namespaces
                probe.ListOpenSockets();
            options.Workloads.Judge = filter.LooksAtWorkload ? new CgroupJudge(filter.MatchesWorkload, probe.Judge) : null;
            return new LiveEventSource(probe, options, listsOpenSockets);
        }
        catch
        {
            probe.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Hands everything to the sink until <see cref="Stop"/>, or until the time is up. An exception of the sink comes out of it.
    /// </summary>
    /// <param name="sink">Gets the events. The caller owns it.</param>
    /// <param name="duration">At most this long; null: no limit.</param>
    public void Run(IEventSink sink, TimeSpan? duration = null)
    {
        _sink = sink;
        long started = Stopwatch.GetTimestamp();
        while (!_stopped)
        {
            double wait = duration is { } d ? (d - Stopwatch.GetElapsedTime(started)).TotalMilliseconds : double.MaxValue;
            if (wait <= 0)
                break;
            if (_progressEvery is { } period)
                wait = Math.Min(wait, Math.Max(1, (period - Stopwatch.GetElapsedTime(_progressReported)).TotalMilliseconds));
            _workloads.Update(sink);
            ReportProgress();
            Action? asked = Interlocked.Exchange(ref _asked, null);
            wait = Math.Min(wait, (PauseEvery?.Invoke() ?? s_longestWait).TotalMilliseconds);
            int events = _probe.Read(_receiver, (int)Math.Ceiling(wait));
            asked?.Invoke();
            Turn(events);
        }
        ReportUnseen(last: true);
        Turn(_probe.Drain(_receiver));
        LivingConnections living = _probe.ReportLiving(isLast: true, () => Turn(_probe.Drain(_receiver)));
        ProbeCounters counters = _probe.ReadCounters();
        AtEnd = new Unfinished(living.Open, living.Unfinished, living.Unanswered, counters.NeverAccepted, counters.HandshakesDropped);
        // A record that is just being written ends the reading of the ring. So read again until all that the kernel counted is here
        for (int i = 0; i < LastRounds && _probe.ReadCounters().Produced > Captured; i++)
        {
            Thread.Sleep(1);
            Turn(_probe.Drain(_receiver));
        }
        ReadLosses();
        Interlocked.Exchange(ref _asked, null)?.Invoke();
        sink.OnClock(BootClock.Sample(ClockCause.End));
        sink.OnPause();
    }

    /// <summary>
    /// Waits until every connection with an owner has ended. A command that has ended may have sent its last FIN just now.
    /// </summary>
    public void AwaitClosing(TimeSpan longest)
    {
        long started = Stopwatch.GetTimestamp();
        while (_probe.CountOwnedConnections() > 0 && Stopwatch.GetElapsedTime(started) < longest)
            Thread.Sleep(5);
    }

    /// <summary>Ends <see cref="Run"/>. From any thread.</summary>
    public void Stop()
    {
        _stopped = true;
        _probe.Interrupt();
    }

    /// <summary>
    /// Runs an action on the thread of <see cref="Run"/>, as soon as all that has happened until now is handed on. From any
    /// thread. Before it has run, a later action takes its place.
    /// </summary>
    public void Ask(Action action)
    {
        Interlocked.Exchange(ref _asked, action);
        _probe.Interrupt();
    }

    private void Turn(int events)
    {
        _isQuiet &= events == 0;
        TimeSpan since = Stopwatch.GetElapsedTime(_countersRead);
        if (since >= (_isQuiet ? s_quietPeriod : s_countersPeriod) || (since >= s_roomPeriod && _probe.WantsRoom))
        {
            _isQuiet = events == 0;
            ReportUnseen(last: false); // its events come with the next turn
            ReadLosses();
        }
        if (events > 0 && _clock.Refresh())
            _sink.OnClock(_clock.Current);
        _sink.OnPause();
    }

    /// <summary>
    /// Finds what no hook saw. The walk through the map of connections is short. The walk through all open files may be long, so
    /// it is made only if there is something to find, and seldom.
    /// </summary>
    private void ReportUnseen(bool last)
    {
        _probe.ReportUnseen();
        if (last)
            _probe.ReportUnseen(); // a connection whose accept() no hook saw counts only at its second walk
        long acceptsUnseen = _probe.ReadCounters().AcceptsUnseen;
        if (acceptsUnseen == _acceptsSought || (!last && Stopwatch.GetElapsedTime(_filesSearched) < s_filesPeriod))
            return;
        _acceptsSought = acceptsUnseen;
        _filesSearched = Stopwatch.GetTimestamp();
        _probe.ListOpenSockets();
    }

    /// <summary>
    /// Reports progress, if it is due. The period begins before the walk, so that a long walk does not delay the next one.
    /// </summary>
    private void ReportProgress()
    {
        if (_progressEvery is not { } period || Stopwatch.GetElapsedTime(_progressReported) < period)
            return;
        _progressReported = Stopwatch.GetTimestamp();
        _probe.ReportLiving(isLast: false, () => Turn(_probe.Drain(_receiver)));
    }

    private void ReadLosses()
    {
        _countersRead = Stopwatch.GetTimestamp();
        foreach (LossRecord loss in _losses.Update(_probe.ReadCounters(), KernelClock.Boottime))
            _sink.OnLoss(in loss);
    }

    /// <summary>Keeps the types of the kernel's records out of the public members.</summary>
    private sealed class Receiver(LiveEventSource source) : IRawEventReceiver
    {
        public void OnRawImage(in RawImage raw) => source._images.Add(in raw);

        public void OnRawEvent(in RawTcpEvent raw) => source.OnRawEvent(in raw);

        public void OnRawCgroup(in RawCgroup raw) => source._workloads.OnCgroup(RawEventDecoder.Decode(in raw), raw.Slot, source._sink);
    }

    private void OnRawEvent(in RawTcpEvent raw)
    {
        Captured++;
        _decoder.Decode(in raw, out TcpEvent e);
        e.WallNs = _clock.Current.ToWall(e.TimestampNs);
        _ends.Meet(ref e);
        if (!_probe.ReportsCgroupNames)
            FindCgroups(e.Process);
        e.NameBy(_workloads.View);
        _workloads.Count(in e);
        _sink.OnEvent(in e);
    }

    private void FindCgroups(ProcessIdentity process)
    {
        if (_workloads.View.Index.Cgroups.ContainsKey((CgroupHierarchy.Unified, process.Cgroup)))
            return;
        foreach (CgroupInfo cgroup in ProcCgroups.Of(process))
            _workloads.OnCgroup(cgroup, slot: null, _sink);
    }

    /// <inheritdoc/>
    public void Dispose() => _probe.Dispose();
}
