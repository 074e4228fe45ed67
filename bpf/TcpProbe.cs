using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>Takes raw records out of the ring, on the thread that calls <see cref="TcpProbe.Read"/>.</summary>
public interface IRawEventReceiver
{
    /// <summary>One record; the reference is good only during the call. What it throws comes out of <see cref="TcpProbe.Read"/>.</summary>
    void OnRawEvent(in RawTcpEvent raw);

    /// <summary>The names of a cgroup, before the first event in it.</summary>
    void OnRawCgroup(in RawCgroup raw);

    /// <summary>The executable of a process, before the first event of it.</summary>
    void OnRawImage(in RawImage raw);
}

/// <summary>
/// The one door to the kernel: loads the programs, attaches them, and hands out records. Not thread-safe, but for <see cref="Interrupt"/>.
/// </summary>
public sealed unsafe class TcpProbe : IDisposable
{
    /// <summary>While events flow the ring is emptied at this pace: long enough to gather, short enough to look live.</summary>
    private const int CollectMilliseconds = 40;
    private const int RoundsBeforeIdle = 3;

    private readonly ProbeObject _probes;
    private readonly ProbeMemory _memory;
    private readonly IReadOnlyDictionary<Facility, ProgramSet> _ways;
    private readonly List<LinkHandle> _links = [];
    private readonly List<string> _hooks = [];
    private readonly SafeFileHandle _interrupt = new(LibC.eventfd(0, 0x80000), ownsHandle: true);
    private readonly int _ring, _maxConnections, _ringBytes;
    private LinkHandle? _walkIterator;
    private RingBufferHandle? _ringBuffer;
    private GCHandle _self;
    private IRawEventReceiver? _receiver;
    private ExceptionDispatchInfo? _failure;
    private int _emptyRounds;

    private TcpProbe(ProbeObject probes, ProbeLoader loader, ProbeOptions options)
    {
        (_maxConnections, _ringBytes) = (options.MaxConnections, options.RingBytes);
        _probes = probes;
        _ways = new Dictionary<Facility, ProgramSet>(loader.Chosen);
        Limitations = [.. loader.Limitations()];
        TellsCgroupNames = !Limitations.Any(l => l.Facility == Facilities.CgroupNames);
        _ring = probes.MapDescriptor("ring");
        _memory = new ProbeMemory(probes.MapDescriptor(".bss"));
    }

    /// <summary>The hooks in use, as kernel names.</summary>
    public IReadOnlyList<string> Hooks => [.. _hooks.Union(Walks)];

    /// <summary>Those that hang nowhere: they are called.</summary>
    private IEnumerable<string> Walks => _ways.Where(w => w.Key == Facilities.UnseenEnds || w.Key == Facilities.OlderConnections)
        .SelectMany(w => w.Key == Facilities.UnseenEnds ? w.Value.Programs.Select(ProgramSet.Plain) : ["iter/task_file"]);

    /// <summary>What this recording does without, or has only in a worse way.</summary>
    public IReadOnlyList<Limitation> Limitations { get; }

    /// <summary>Whether the programs tell the names of cgroups before the first event in them.</summary>
    public bool TellsCgroupNames { get; } // asked for with every event

    /// <summary>Loads the programs and attaches every hook; from here on events gather in the ring.</summary>
    /// <exception cref="ProbeException">This machine cannot record.</exception>
    public static TcpProbe Start(ProbeOptions options)
    {
        if (Marshal.SizeOf<RawTcpEvent>() != RawTcpEvent.Size)
            throw new InvalidOperationException("RawTcpEvent is not laid out as struct event");
        KernelSupport.ThrowIfImpossible();
        if (options.OnlyChildren && !KernelSupport.HasMachinesPids())
            throw new ProbeException(ProbeFailure.NotPermitted, "to follow a command takes the machine's process numbers, and this container has its own: run it with --pid=host, or hostPID: true");
        BpfCall.LiftLimit();
        using var tracepoints = new SystemCallTracepoints();
        var loader = new ProbeLoader(options, tracepoints.Obstacle);
        while (true)
        {
            try
            {
                return Start(options, loader, tracepoints);
            }
            catch (AttachException e)
            {
                loader.Refuse(e.Way, e.Message);
            }
        }
    }

    private static TcpProbe Start(ProbeOptions options, ProbeLoader loader, SystemCallTracepoints tracepoints)
    {
        ProbeObject probes = loader.Load();
        try
        {
            probes.Fill("processes", options.Pids);
            probes.Fill("ports", options.Ports);
            var probe = new TcpProbe(probes, loader, options);
            try
            {
                probe.AttachHooks(options, tracepoints);
                probe.OpenRing();
                return probe;
            }
            catch
            {
                probe.Dispose();
                throw;
            }
        }
        catch
        {
            probes.Dispose();
            throw;
        }
    }

    private void OpenRing()
    {
        _self = GCHandle.Alloc(this);
        _ringBuffer = new RingBufferHandle(LibBpf.ring_buffer__new(_ring, &OnRecord, (void*)GCHandle.ToIntPtr(_self), 0), _probes.Handle);
        if (_ringBuffer.IsInvalid)
            throw new ProbeException(ProbeFailure.Refused, WhyNoRing(Marshal.GetLastPInvokeError(), LibBpfLog.Text));
    }

    /// <summary>libbpf maps it, and makes an epoll that we have no use for: only its words tell which of them failed.</summary>
    private static string WhyNoRing(int error, string log)
    {
        if (log.Contains("epoll instance", StringComparison.Ordinal))
            return error is RefusedCall.TooManyOpen or RefusedCall.TooManyOpenInSystem ? KernelSupport.TooFewDescriptors : RefusedCall.Of("epoll_create1()", error);
        return log.Contains("epoll add", StringComparison.Ordinal)
            ? RefusedCall.Of("epoll_ctl()", error)
            : $"the ring could not be mapped ({Marshal.GetPInvokeErrorMessage(error)}): choose a smaller --buffer-size, or allow more memory (ulimit -v)";
    }

    /// <summary>A program that was loaded cannot be attached: the recording begins anew without it.</summary>
    private sealed class AttachException(ProgramSet way, string reason) : Exception(reason)
    {
        public ProgramSet Way { get; } = way;
    }

    /// <summary>On its own for tests: after <see cref="Detach"/> it goes on as if the hooks had missed what happened.</summary>
    internal void AttachHooks(ProbeOptions options)
    {
        using var tracepoints = new SystemCallTracepoints();
        AttachHooks(options, tracepoints);
    }

    private void AttachHooks(ProbeOptions options, SystemCallTracepoints tracepoints)
    {
        _hooks.Clear();
        foreach ((Facility facility, ProgramSet way) in _ways)
        {
            foreach (string program in way.Programs)
                Attach(facility, way, program, tracepoints, options);
        }
    }

    /// <summary>Programs that are walks are attached to nothing but the map that they walk; a worker is what others jump to.</summary>
    private void Attach(Facility facility, ProgramSet way, string name, SystemCallTracepoints tracepoints, ProbeOptions options)
    {
        nint program = _probes.Program(name);
        if (options.RefusesToAttach(name))
            throw new AttachException(way, $"the kernel refuses to attach it ({Marshal.GetPInvokeErrorMessage(1)})");
        if (name.StartsWith("state_worker", StringComparison.Ordinal))
            _probes.Employ(name);
        else if (facility == Facilities.UnseenEnds)
            _walkIterator = way.Needs.HasFlag(KernelFeatures.MapIterators) ? Linked(way, AttachWalk(program)) : null;
        else if (facility == Facilities.CallReturns && way.Needs.HasFlag(KernelFeatures.CallTracepoints))
            AttachTracepoints(way, name, program, tracepoints);
        else if (facility != Facilities.OlderConnections)
            Add(way, LibBpf.bpf_program__attach(program), name);
    }

    private void AttachTracepoints(ProgramSet way, string name, nint program, SystemCallTracepoints tracepoints)
    {
        foreach (string tracepoint in SystemCallTracepoints.Of(name))
            Add(way, AttachTracepoint(program, tracepoints.Take(tracepoint)), tracepoint);
    }

    private void Add(ProgramSet way, nint link, string hook)
    {
        _links.Add(Linked(way, link));
        _hooks.Add(ProgramSet.Plain(hook));
    }

    private LinkHandle Linked(ProgramSet way, nint link)
    {
        const int tooBig = 7; // E2BIG
        int error = Marshal.GetLastPInvokeError();
        if (link != 0)
            return new LinkHandle(link, _probes.Handle);
        throw new AttachException(way, error == tooBig ? SystemCallTracepoints.Full : $"the kernel refuses to attach it ({Marshal.GetPInvokeErrorMessage(error)})");
    }

    private static nint AttachTracepoint(nint program, SafeFileHandle perfEvent)
    {
        if (perfEvent.IsInvalid)
            return 0;
        nint link = LibBpf.bpf_program__attach_perf_event(program, (int)perfEvent.DangerousGetHandle());
        int error = Marshal.GetLastPInvokeError();
        if (link != 0)
            perfEvent.SetHandleAsInvalid(); // the link closes it
        else
            perfEvent.Dispose();
        Marshal.SetLastPInvokeError(error);
        return link;
    }

    private nint AttachWalk(nint program)
    {
        int map = _probes.MapDescriptor("connections"); // union bpf_iter_link_info
        var options = new LibBpf.IteratorOptions { Size = (nuint)sizeof(LibBpf.IteratorOptions), Target = &map, TargetSize = sizeof(int) };
        return LibBpf.bpf_program__attach_iter(program, &options);
    }

    /// <summary>
    /// Has the kernel put a record into the ring for each connection that processes have open and that is not known yet: when called first,
    /// those that are older. Later also for those accepted in a way that no hook tells of, once <see cref="TellUnseen"/> has come across them twice.
    /// </summary>
    public void ListOpenSockets()
    {
        if (!_ways.TryGetValue(Facilities.OlderConnections, out ProgramSet? way))
            return;
        using var link = new LinkHandle(LibBpf.bpf_program__attach_iter(_probes.Program(way.Programs[0]), null), _probes.Handle);
        if (link.IsInvalid)
            return;
        Walk(link);
        const string hook = "iter/task_file";
        if (!_hooks.Contains(hook))
            _hooks.Add(hook);
    }

    /// <summary>
    /// Has the kernel put a record into the ring for each connection that ended, or was established, without a hook's seeing it. Where the map of
    /// connections is nearly full, also looks for those that are to make room.
    /// </summary>
    public void TellUnseen()
    {
        if (!_ways.ContainsKey(Facilities.UnseenEnds))
            return;
        _memory.Crowd.Entries = 0;
        WalkConnections(WalkPurpose.Unseen);
        if (_memory.Crowd.Entries > _maxConnections / 4 * 3)
            _memory.Crowd.FindVictims(WalkConnections);
    }

    /// <summary>Whether <see cref="TellLiving"/> can tell anything.</summary>
    public bool TellsLiving => _ways.ContainsKey(Facilities.UnseenEnds);

    /// <summary>
    /// Has the kernel put a record into the ring for each connection that has not ended, part by part, so that the ring can hold them.
    /// </summary>
    /// <param name="isLast">The recording ends: those that their owner has closed are told as such. Otherwise it is progress that is told.</param>
    /// <param name="drain">Called after each part.</param>
    /// <returns>How many there are.</returns>
    public LivingConnections TellLiving(bool isLast, Action drain)
    {
        if (!TellsLiving)
            return default;
        int parts = (int)Math.Min(_maxConnections, 1 + (long)_memory.Crowd.Entries * RawTcpEvent.Size * 4 / _ringBytes);
        _memory.Living = default;
        for (int part = 0; part < parts; part++)
        {
            _memory.Part = (part, parts);
            WalkConnections(isLast ? WalkPurpose.Last : WalkPurpose.Progress);
            drain();
        }
        return _memory.Living;
    }

    private void WalkConnections(WalkPurpose purpose)
    {
        ProgramSet way = _ways[Facilities.UnseenEnds];
        _memory.Walk = purpose;
        if (_walkIterator is { } link)
            Walk(link);
        else
            Call(_probes.Program(way.Programs[0]));
    }

    /// <summary>The program runs for each thing that there is, and writes into the ring, not into the file.</summary>
    private static void Walk(LinkHandle link)
    {
        using var iterator = new SafeFileHandle(LibBpf.bpf_iter_create(LibBpf.bpf_link__fd(link)), ownsHandle: true);
        byte* nothing = stackalloc byte[64];
        while (!iterator.IsInvalid && LibC.read((int)iterator.DangerousGetHandle(), nothing, 64) > 0)
        {
        }
    }

    private static void Call(nint program)
    {
        var options = new LibBpf.TestRunOptions { Size = (nuint)sizeof(LibBpf.TestRunOptions) };
        _ = LibBpf.bpf_prog_test_run_opts(LibBpf.bpf_program__fd(program), &options);
    }

    /// <summary>
    /// Waits for records and hands them over, until some came, the time is up, or <see cref="Interrupt"/> was called.
    /// </summary>
    /// <returns>How many there were.</returns>
    public int Read(IRawEventReceiver receiver, int maxMilliseconds)
    {
        int interrupt = (int)_interrupt.DangerousGetHandle();
        if (_emptyRounds < RoundsBeforeIdle)
        {
            LibC.WaitReadable(interrupt, -1, Math.Min(CollectMilliseconds, maxMilliseconds));
        }
        else
        {
            // From here a producer wakes us; what came before it saw the flag makes the ring readable at once.
            _memory.ReaderIsIdle = true;
            Thread.MemoryBarrier();
            LibC.WaitReadable(_ring, interrupt, maxMilliseconds);
            _memory.ReaderIsIdle = false;
        }
        int count = Drain(receiver);
        _emptyRounds = count == 0 ? _emptyRounds + 1 : 0;
        return count;
    }

    /// <summary>Hands over what is in the ring now, without waiting.</summary>
    public int Drain(IRawEventReceiver receiver)
    {
        _receiver = receiver;
        int count = LibBpf.ring_buffer__consume(_ringBuffer!);
        _receiver = null;
        Interlocked.Exchange(ref _failure, null)?.Throw();
        return Math.Max(0, count);
    }

    /// <inheritdoc cref="ProbeMemory.BeginCgroupGeneration"/>
    public void TellCgroupsAgain() => _memory.BeginCgroupGeneration();

    /// <inheritdoc cref="ProbeMemory.Judge"/>
    /// <param name="slot">Of the cgroup, as it was told.</param>
    /// <param name="verdict">What is known about it.</param>
    public void Judge(uint slot, CgroupVerdict verdict) => _memory.Judge(slot, verdict);

    /// <summary>Ends a <see cref="Read"/> that waits, and every later one at once. From any thread or signal handler.</summary>
    public void Interrupt()
    {
        ulong one = 1;
        _ = LibC.write((int)_interrupt.DangerousGetHandle(), &one, sizeof(ulong));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnRecord(void* context, void* data, nuint size)
    {
        var probe = (TcpProbe)GCHandle.FromIntPtr((nint)context).Target!;
        try
        {
            if (size >= (nuint)sizeof(RawImage))
                probe._receiver!.OnRawImage(in *(RawImage*)data);
            else if (size >= (nuint)sizeof(RawCgroup))
                probe._receiver!.OnRawCgroup(in *(RawCgroup*)data);
            else if (size >= RawTcpEvent.Size)
                probe._receiver!.OnRawEvent(in *(RawTcpEvent*)data);
            return 0;
        }
        catch (Exception e)
        {
            // No exception may cross libbpf's frames; a negative number ends its walk
            probe._failure = ExceptionDispatchInfo.Capture(e);
            return -1;
        }
    }

    /// <inheritdoc cref="ProbeMemory.ReadCounters"/>
    public ProbeCounters ReadCounters() => _memory.ReadCounters();

    /// <summary>
    /// Times that the kernel skipped a hook because the same one was being served on that processor, and no second program was there to serve it.
    /// </summary>
    public long CountSkippedHooks() => _probes.Loaded.Where(p => !IsOneOfTwo(p)).Sum(p => RecursionMisses(LibBpf.bpf_program__fd(_probes.Program(p))));

    /// <summary>Whether it is one of two programs at the same hook, one of which is always free (probes/context.h).</summary>
    private bool IsOneOfTwo(string program) => _ways.Keys.Any(f => f.Beside is { } first && (_ways[f].Programs.Contains(program) || _ways[first].Programs.Contains(program)));

    /// <summary>The field recursion_misses of struct bpf_prog_info (5.12).</summary>
    private static long RecursionMisses(int program)
    {
        const int offset = 208, wanted = 216;
        byte* info = stackalloc byte[wanted];
        new Span<byte>(info, wanted).Clear();
        uint size = wanted;
        return program >= 0 && LibBpf.bpf_obj_get_info_by_fd(program, info, &size) == 0 && size >= wanted ? *(long*)(info + offset) : 0;
    }

    /// <summary>How many connections with a known owner are followed now: those that a close may still come from.</summary>
    public int CountOwnedConnections()
    {
        const int valueSize = 232, rolePassive = 2, rolePassiveClosed = 3, roleOffset = 120;
        int map = _probes.MapDescriptor("connections");
        ulong key, next;
        byte* value = stackalloc byte[valueSize];
        int count = 0;
        for (void* from = null; LibBpf.bpf_map_get_next_key(map, from, &next) == 0; from = &key)
        {
            key = next;
            if (LibBpf.bpf_map_lookup_elem(map, &key, value) == 0 && *(int*)(value + roleOffset) is not (rolePassive or rolePassiveClosed))
                count++;
        }
        return count;
    }

    /// <summary>From here on no hook sees anything; the maps stay.</summary>
    internal void Detach()
    {
        foreach (LinkHandle link in _links)
            link.Dispose();
        _links.Clear();
    }

    /// <summary>From here on one hook sees nothing: for tests of what then serves in its place.</summary>
    internal void Detach(string hook)
    {
        int place = _hooks.IndexOf(hook); // the hooks that have a link come first, in their links' order
        _links[place].Dispose();
        _links.RemoveAt(place);
        _hooks.RemoveAt(place);
    }

    /// <summary>How many entries a map has now: for tests, to which nothing may stay behind.</summary>
    internal int CountEntries(string map)
    {
        int fd = _probes.MapDescriptor(map), count = 0;
        ulong key, next; // room for the largest key of the maps in question
        for (void* from = null; LibBpf.bpf_map_get_next_key(fd, from, &next) == 0; from = &key)
        {
            key = next;
            count++;
        }
        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        _walkIterator?.Dispose();
        _ringBuffer?.Dispose();
        if (_self.IsAllocated)
            _self.Free();
        _memory.Dispose();
        _probes.Dispose();
        _interrupt.Dispose();
    }
}
