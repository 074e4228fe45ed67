using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
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
}

/// <summary>
/// The one door to the kernel: loads the programs, attaches them, and hands out records. Not thread-safe, but for <see cref="Interrupt"/>.
/// </summary>
public sealed unsafe class TcpProbe : IDisposable
{
    /// <summary>While events flow the ring is emptied at this pace: long enough to gather, short enough to look live.</summary>
    private const int CollectMilliseconds = 40;
    private const int RoundsBeforeIdle = 3;
    private const int MostListeners = 16_384;

    private const string OpenSocketsProgram = "open_sockets", WalkProgram = "walk", EveryCallProgram = "call_exit";

    /// <summary>What the programs that are not called *_legacy need.</summary>
    private static readonly Version s_modern = new(5, 12);

    /// <summary>From here on a task may be pre-empted at a tracepoint (probes/context.h).</summary>
    private static readonly Version s_preemptible = new(7, 0);

    // struct shared in probes/maps.h
    private const int ProcessorSlots = 512, SlotBytes = 64, IdleOffset = ProcessorSlots * SlotBytes, GenerationOffset = IdleOffset + 4, VerdictsOffset = IdleOffset + 16, CgroupSlots = 16_384, SharedBytes = VerdictsOffset + CgroupSlots + ProbeOptions.NetnsLimit * sizeof(ulong);

    private readonly BpfObjectHandle _object;
    private readonly List<LinkHandle> _links = [];
    private readonly List<string> _hooks = [];
    private readonly SafeFileHandle _interrupt = new(LibC.eventfd(0, 0x80000), ownsHandle: true);
    private readonly int _ring;
    private readonly nint _shared;
    private LinkHandle? _unseen;
    private RingBufferHandle? _ringBuffer;
    private GCHandle _self;
    private IRawEventReceiver? _receiver;
    private ExceptionDispatchInfo? _failure;
    private int _emptyRounds;

    private TcpProbe(BpfObjectHandle loaded)
    {
        _object = loaded;
        _ring = LibBpf.bpf_map__fd(Map("ring"));
        // Not bpf_map__initial_value(): before libbpf 1.5 that is a private copy once the object is loaded
        _shared = LibC.MapShared(LibBpf.bpf_map__fd(Map(".bss")), SharedBytes);
        if (_shared == 0)
            throw new ProbeException(ProbeFailure.Refused, "the counters could not be mapped");
    }

    /// <summary>The hooks in use, as kernel names.</summary>
    public IReadOnlyList<string> Hooks => _hooks;

    /// <summary>Whether every system call's return is watched, for want of <see cref="SystemCallTracepoints"/>.</summary>
    public bool WatchesEveryCall => _hooks.Contains(EveryCallProgram);

    /// <summary>Loads the programs and attaches every hook; from here on events gather in the ring.</summary>
    /// <exception cref="ProbeException">This machine cannot record.</exception>
    public static TcpProbe Start(ProbeOptions options)
    {
        bool tracepoints = SystemCallTracepoints.Obstacle() is null;
        try
        {
            return Start(options, tracepoints);
        }
        catch (ProbeException e) when (e.Failure == ProbeFailure.TracepointFull)
        {
            return Start(options, withTracepoints: false);
        }
    }

    private static TcpProbe Start(ProbeOptions options, bool withTracepoints)
    {
        TcpProbe probe = Load(options, withTracepoints);
        try
        {
            probe.Attach();
            return probe;
        }
        catch
        {
            probe.Dispose();
            throw;
        }
    }

    private static TcpProbe Load(ProbeOptions options, bool withTracepoints)
    {
        if (Marshal.SizeOf<RawTcpEvent>() != RawTcpEvent.Size)
            throw new InvalidOperationException("RawTcpEvent is not laid out as struct event");
        KernelSupport.ThrowIfImpossible();
        if (options.OnlyChildren && !KernelSupport.HasMachinesPids())
            throw new ProbeException(ProbeFailure.NotPermitted, "to follow a command takes the machine's process numbers, and this container has its own: run it with --pid=host, or hostPID: true");
        LibBpfLog.Start();
        BpfCall.LiftLimit();
        using var btf = new KernelBtf();
        if (!btf.IsReadable)
            throw new ProbeException(ProbeFailure.NoBtf, KernelSupport.UnreadableTypes);
        var hooks = new HookChoice(btf.TracepointArity("io_uring_complete"), withTracepoints, btf.CanWalkMaps, btf.CanCallPrograms, options.OnlyChildren);
        // Modern first; a kernel before 5.12 refuses it as a whole.
        BpfObjectHandle? bpf = TryLoad(options, hooks, legacy: false, out int error);
        string log = LibBpfLog.Text;
        if (bpf is null)
        {
            LibBpfLog.Start();
            bpf = TryLoad(options, hooks, legacy: true, out int legacyError);
            if (Environment.OSVersion.Version < s_modern)
                (error, log) = (legacyError, LibBpfLog.Text);
        }
        _ = LibC.malloc_trim(0); // libbpf has read the kernel's types, some 10 MB, and let go of them
        return bpf is null ? throw KernelSupport.LoadFailure(error, log) : new TcpProbe(bpf);
    }

    private static BpfObjectHandle? TryLoad(ProbeOptions options, HookChoice hooks, bool legacy, out int error)
    {
        BpfObjectHandle bpf = OpenEmbedded();
        foreach ((nint program, string name) in Programs(bpf))
            _ = LibBpf.bpf_program__set_autoload(program, hooks.Wants(name, legacy));
        Configure(bpf, options, legacy);
        error = -LibBpf.bpf_object__load(bpf);
        if (error != 0)
        {
            bpf.Dispose();
            return null;
        }
        Fill(bpf, "processes", options.Pids);
        Fill(bpf, "ports", options.Ports);
        return bpf;
    }

    private static BpfObjectHandle OpenEmbedded()
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream("tcptracer.bpf.o")!;
        byte[] image = new byte[resource.Length];
        resource.ReadExactly(image);
        fixed (byte* bytes = image)
        fixed (byte* name = "tcptracer\0"u8)
        {
            var open = new LibBpf.OpenOptions { Size = (nuint)sizeof(LibBpf.OpenOptions), ObjectName = name };
            var bpf = new BpfObjectHandle(LibBpf.bpf_object__open_mem(bytes, (nuint)image.Length, &open));
            return bpf.IsInvalid ? throw new ProbeException(ProbeFailure.Refused, LibBpfLog.Text) : bpf;
        }
    }

    /// <summary>The mirror of <c>struct probe_config</c> in probes/maps.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Config
    {
        public uint Self;
        public uint Operations;
        public fixed uint Netns[ProbeOptions.NetnsLimit];
        public byte ByProcess;
        public byte ByPort;
        public byte Legacy;
        public byte ByWorkload;
        public byte Preemptible;
        private readonly byte _padding1;
        private readonly ushort _padding2;
    }

    private static void Configure(BpfObjectHandle bpf, ProbeOptions options, bool legacy)
    {
        nuint size;
        var config = (Config*)LibBpf.bpf_map__initial_value(Map(bpf, ".rodata"), &size);
        if (size < (nuint)sizeof(Config))
            throw new InvalidOperationException("Config is not laid out as struct probe_config");
        *config = new Config
        {
            Self = (uint)Environment.ProcessId,
            Operations = options.Operations,
            ByProcess = (byte)(options.OnlyChildren || options.Pids.Count > 0 ? 1 : 0),
            ByPort = (byte)(options.Ports.Count > 0 ? 1 : 0),
            Legacy = (byte)(legacy ? 1 : 0),
            ByWorkload = (byte)(options.ByWorkload ? 1 : 0),
            Preemptible = (byte)(Environment.OSVersion.Version >= s_preemptible ? 1 : 0),
        };
        int place = 0;
        foreach (uint netns in options.Netns.Count <= ProbeOptions.NetnsLimit ? options.Netns : [])
            config->Netns[place++] = netns;
        _ = LibBpf.bpf_map__set_max_entries(Map(bpf, "ring"), (uint)options.RingBytes);
        _ = LibBpf.bpf_map__set_max_entries(Map(bpf, "connections"), (uint)options.MaxConnections);
        _ = LibBpf.bpf_map__set_max_entries(Map(bpf, "listeners"), (uint)Math.Min(options.MaxConnections, MostListeners));
    }

    private static void Fill<TKey>(BpfObjectHandle bpf, string map, IEnumerable<TKey> keys) where TKey : unmanaged
    {
        byte present = 1;
        foreach (TKey key in keys)
            _ = LibBpf.bpf_map_update_elem(LibBpf.bpf_map__fd(Map(bpf, map)), &key, &present, 0);
    }

    private void Attach()
    {
        AttachHooks();
        _unseen = AttachUnseen(_object);
        _self = GCHandle.Alloc(this);
        _ringBuffer = new RingBufferHandle(LibBpf.ring_buffer__new(_ring, &OnRecord, (void*)GCHandle.ToIntPtr(_self), 0), _object);
        if (_ringBuffer.IsInvalid)
            throw new ProbeException(ProbeFailure.Refused, "the ring buffer could not be mapped");
    }

    /// <summary>On its own for tests: after <see cref="Detach"/> it goes on as if the hooks had missed what happened.</summary>
    internal void AttachHooks()
    {
        using var traceFs = new TraceFs();
        _hooks.Clear();
        foreach ((nint program, string name) in Programs(_object))
        {
            if (LibBpf.bpf_program__fd(program) < 0 || name.StartsWith(WalkProgram, StringComparison.Ordinal) || name.StartsWith(OpenSocketsProgram, StringComparison.Ordinal))
                continue;
            string hook = name.Replace("_legacy", "", StringComparison.Ordinal);
            string? tracepoint = SystemCallTracepoints.Of(hook);
            nint link = tracepoint is null ? LibBpf.bpf_program__attach(program) : AttachTracepoint(program, traceFs, tracepoint);
            if (link == 0)
                throw WhyNotAttached(tracepoint ?? hook, Marshal.GetLastPInvokeError());
            _links.Add(new LinkHandle(link, _object));
            _hooks.Add(tracepoint ?? hook);
        }
    }

    private static ProbeException WhyNotAttached(string hook, int error)
    {
        const int tooBig = 7; // E2BIG
        return new ProbeException(error == tooBig ? ProbeFailure.TracepointFull : ProbeFailure.Refused, $"{hook}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private static nint AttachTracepoint(nint program, TraceFs traceFs, string name)
    {
        SafeFileHandle perfEvent = SystemCallTracepoints.Open(traceFs, name);
        if (perfEvent.IsInvalid)
            return 0;
        nint link = LibBpf.bpf_program__attach_perf_event(program, (int)perfEvent.DangerousGetHandle());
        if (link != 0)
            perfEvent.SetHandleAsInvalid(); // the link closes it
        return link;
    }

    /// <summary>
    /// Has the kernel put a record into the ring for each connection that processes have open and that is not known yet: when called first,
    /// those that are older. Later also for those accepted in a way that no hook tells of, once <see cref="TellUnseen"/> has come across them twice.
    /// </summary>
    public void ListOpenSockets()
    {
        using var link = new LinkHandle(LibBpf.bpf_program__attach_iter(Loaded(_object, OpenSocketsProgram), null), _object);
        if (link.IsInvalid)
            return;
        Walk(link);
        const string hook = "iter/task_file";
        if (!_hooks.Contains(hook))
            _hooks.Add(hook);
    }

    /// <summary>Has the kernel put a record into the ring for each connection that ended, or was established, without a hook's seeing it.</summary>
    public void TellUnseen()
    {
        if (_unseen is { IsInvalid: false } link)
            Walk(link);
        else if (Loaded(_object, WalkProgram) is not 0 and var program)
            Call(program);
    }

    private static LinkHandle? AttachUnseen(BpfObjectHandle bpf)
    {
        nint program = Loaded(bpf, WalkProgram);
        if (program == 0 || LibBpf.bpf_program__type(program) != LibBpf.Tracing)
            return null;
        int map = LibBpf.bpf_map__fd(Map(bpf, "connections")); // union bpf_iter_link_info
        var options = new LibBpf.IteratorOptions { Size = (nuint)sizeof(LibBpf.IteratorOptions), Target = &map, TargetSize = sizeof(int) };
        return new LinkHandle(LibBpf.bpf_program__attach_iter(program, &options), bpf);
    }

    /// <summary>The variant of a program that was loaded; 0: none.</summary>
    private static nint Loaded(BpfObjectHandle bpf, string name) =>
        Programs(bpf).FirstOrDefault(p => p.Name.StartsWith(name, StringComparison.Ordinal) && LibBpf.bpf_program__fd(p.Program) >= 0).Program;

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
            Volatile.Write(ref *(uint*)(_shared + IdleOffset), 1);
            Thread.MemoryBarrier();
            LibC.WaitReadable(_ring, interrupt, maxMilliseconds);
            Volatile.Write(ref *(uint*)(_shared + IdleOffset), 0);
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

    /// <summary>Has every cgroup told again with its next event, because those told so far may be forgotten.</summary>
    public void TellCgroupsAgain()
    {
        new Span<byte>((void*)(_shared + VerdictsOffset), CgroupSlots).Clear();
        Volatile.Write(ref *(uint*)(_shared + GenerationOffset), *(uint*)(_shared + GenerationOffset) + 1);
    }

    /// <summary>Has the kernel drop the events of a cgroup, or no longer.</summary>
    /// <param name="slot">Of the cgroup, as it was told.</param>
    /// <param name="verdict">What is known about it.</param>
    public void Judge(uint slot, CgroupVerdict verdict) => Volatile.Write(ref *(byte*)(_shared + VerdictsOffset + slot % CgroupSlots), (byte)verdict);

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
            if (size >= (nuint)sizeof(RawCgroup))
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

    /// <summary>Sums the counters of all processors.</summary>
    public ProbeCounters ReadCounters()
    {
        const int mirrored = 8;
        var total = new ProbeCounters();
        var sum = new Span<long>(&total, mirrored);
        var slots = new ReadOnlySpan<long>((void*)_shared, ProcessorSlots * SlotBytes / sizeof(long));
        for (int slot = 0; slot < slots.Length; slot += SlotBytes / sizeof(long))
        {
            for (int i = 0; i < mirrored; i++)
                sum[i] += slots[slot + i];
        }
        return total;
    }

    /// <summary>
    /// Times that the kernel skipped a hook because the same one was being served on that processor, and no second program was there to serve it.
    /// </summary>
    public long CountSkippedHooks() => Programs(_object).Where(p => !HookChoice.IsOneOfTwo(p.Name)).Sum(p => RecursionMisses(LibBpf.bpf_program__fd(p.Program)));

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
        const int valueSize = 200, rolePassive = 2, rolePassiveClosed = 3, roleOffset = 96;
        int map = LibBpf.bpf_map__fd(Map("connections"));
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
        int fd = LibBpf.bpf_map__fd(Map(map)), count = 0;
        ulong key, next; // room for the largest key of the maps in question
        for (void* from = null; LibBpf.bpf_map_get_next_key(fd, from, &next) == 0; from = &key)
        {
            key = next;
            count++;
        }
        return count;
    }

    private static IEnumerable<(nint Program, string Name)> Programs(BpfObjectHandle bpf)
    {
        var programs = new List<(nint, string)>();
        for (nint program = LibBpf.bpf_object__next_program(bpf, 0); program != 0; program = LibBpf.bpf_object__next_program(bpf, program))
            programs.Add((program, Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(LibBpf.bpf_program__name(program)))));
        return programs;
    }

    private nint Map(string name) => Map(_object, name);

    private static nint Map(BpfObjectHandle bpf, string name)
    {
        nint map = LibBpf.bpf_object__find_map_by_name(bpf, name);
        return map != 0 ? map : throw new InvalidOperationException($"the probes have no map {name}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        _unseen?.Dispose();
        _ringBuffer?.Dispose();
        if (_self.IsAllocated)
            _self.Free();
        _ = LibC.munmap(_shared, SharedBytes);
        _object.Dispose();
        _interrupt.Dispose();
    }
}
