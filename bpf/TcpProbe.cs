using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// The one door to the kernel: loads the programs, attaches them, and hands out records. It owns them: <see cref="Dispose"/>
/// detaches and unloads them. Not thread-safe, except <see cref="Interrupt"/>.
/// </summary>
public sealed unsafe class TcpProbe : IDisposable
{
    private readonly ProbeObject _probes;
    private readonly ProbeMemory _memory;
    private readonly IReadOnlyDictionary<Facility, ProgramSet> _ways;
    private readonly HookLinks _links;
    private readonly Walks _walks;
    private readonly Ring _ring;

    private TcpProbe(ProbeObject probes, ProbeLoader loader, ProbeOptions options, SystemCallTracepoints tracepoints)
    {
        _probes = probes;
        _ways = new Dictionary<Facility, ProgramSet>(loader.Chosen);
        Limitations = [.. loader.Limitations()];
        Rejected = [.. loader.Rejected];
        ReportsCgroupNames = !Limitations.Any(l => l.Facility == Facilities.CgroupNames);
        _memory = new ProbeMemory(probes.Map(".bss"));
        _links = new HookLinks(probes, _ways);
        try
        {
            _links.AttachAll(options, tracepoints);
            _walks = new Walks(probes, _ways, _memory, _links.WalkIterator, options);
            _ring = new Ring(probes, _memory);
        }
        catch
        {
            _links.Dispose();
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>The hooks and walks in use, as kernel names.</summary>
    public IReadOnlyList<string> Hooks => [.. _links.Hooks.Union(_walks.Names)];

    /// <summary>What this recording does without, or has only in a worse way.</summary>
    public IReadOnlyList<Limitation> Limitations { get; }

    /// <summary>The programs that the kernel's verifier rejected, whether or not others do their work.</summary>
    public IReadOnlyList<string> Rejected { get; }

    /// <summary>Whether the programs send the names of a cgroup before the first event in it.</summary>
    public bool ReportsCgroupNames { get; } // kept, because it is read with every event

    /// <summary>Loads the programs and attaches them. From then on events gather in the ring.</summary>
    /// <exception cref="ProbeException">This machine cannot record.</exception>
    public static TcpProbe Start(ProbeOptions options)
    {
        KernelSupport.ThrowIfImpossible();
        if (options.OnlyChildren && !KernelSupport.HasMachinesPids())
        {
            throw new ProbeException(ProbeFailure.NotPermitted, "to follow a command takes the machine's process numbers, "
                + "and this container has its own: run it with --pid=host, or hostPID: true");
        }
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
                loader.Refuse(e.Programs, e.Message);
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
            return new TcpProbe(probes, loader, options, tracepoints);
        }
        catch
        {
            probes.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Walks through all open files, and puts an event into the ring for each connection that the programs do not know: at the
    /// first call, those that are older than the recorder. Later also for each connection whose accept() no hook saw, once <see
    /// cref="ReportUnseen"/> has found it twice.
    /// </summary>
    public void ListOpenSockets() => _walks.ListOpenSockets();

    /// <summary>
    /// Walks through the map of connections, and puts an event into the ring for each connection that ended, or was established,
    /// and no hook saw it. If the map is nearly full, it also chooses the connections that make room.
    /// </summary>
    public void ReportUnseen() => _walks.ReportUnseen();

    /// <summary>Whether the map was full and no connection was chosen to make room: <see cref="ReportUnseen"/> chooses some.</summary>
    public bool WantsRoom => Volatile.Read(ref _memory.Eviction.Wanted) != 0;

    /// <summary>Whether <see cref="ReportLiving"/> can report anything.</summary>
    public bool CanReportLiving => _walks.ReachConnections;

    /// <summary>
    /// Walks through the map of connections, and puts an event into the ring for each connection that has not ended. It does so
    /// in parts that fit into the ring.
    /// </summary>
    /// <param name="isLast">
    /// True: the recording ends, and the events say whether the owner has closed the connection. False: the events are progress.
    /// </param>
    /// <param name="drain">Called after each part, to empty the ring.</param>
    /// <returns>How many connections there are.</returns>
    public LivingConnections ReportLiving(bool isLast, Action drain) => _walks.ReportLiving(isLast, drain);

    /// <summary>Waits for records and hands them over, until some came, the time is up, or <see cref="Interrupt"/> was called.</summary>
    /// <returns>How many records there were.</returns>
    /// <exception cref="InvalidDataException">A record is of no known kind (<see cref="RingRecord"/>).</exception>
    public int Read(IRawEventReceiver receiver, int maxMilliseconds) => _ring.Read(receiver, maxMilliseconds);

    /// <summary>Hands over the records that are in the ring now, without waiting.</summary>
    /// <returns>How many records there were.</returns>
    public int Drain(IRawEventReceiver receiver) => _ring.Drain(receiver);

    /// <summary>Ends the <see cref="Read"/> that waits; if none waits, the next one. From any thread or signal handler.</summary>
    public void Interrupt() => _ring.Interrupt();

    /// <inheritdoc cref="ProbeMemory.BeginCgroupGeneration"/>
    public void ReportCgroupsAgain() => _memory.BeginCgroupGeneration();

    /// <inheritdoc cref="ProbeMemory.Judge"/>
    /// <param name="slot"><see cref="RawCgroup.Slot"/>.</param>
    /// <param name="verdict">Whether it is selected.</param>
    public void Judge(uint slot, CgroupVerdict verdict) => _memory.Judge(slot, verdict);

    /// <inheritdoc cref="ProbeMemory.ReadCounters"/>
    public ProbeCounters ReadCounters() => _memory.ReadCounters();

    /// <summary>
    /// How often the kernel skipped a hook because its program was already running on that processor. Hooks with a second program
    /// are not counted: there one of the two is free.
    /// </summary>
    public long CountSkippedHooks() =>
        _probes.Loaded.Where(p => !IsOneOfTwo(p)).Sum(p => RecursionMisses(LibBpf.bpf_program__fd(_probes.Program(p))));

    /// <summary>Whether it is one of two programs at the same hook (probes/context.h).</summary>
    private bool IsOneOfTwo(string program) => _ways.Keys.Any(f => f.Beside is { } first && (Serves(f, program) || Serves(first, program)));

    private bool Serves(Facility facility, string program) => _ways[facility].Programs.Any(p => p.Name == program);

    /// <summary>The field recursion_misses of struct bpf_prog_info (5.12).</summary>
    private static long RecursionMisses(int program)
    {
        const int offset = 208, wanted = 216;
        byte* info = stackalloc byte[wanted];
        new Span<byte>(info, wanted).Clear();
        uint size = wanted;
        return program >= 0 && LibBpf.bpf_obj_get_info_by_fd(program, info, &size) == 0 && size >= wanted ? *(long*)(info + offset) : 0;
    }

    /// <summary>How many connections with a known owner have not ended.</summary>
    public int CountOwnedConnections() =>
        _probes.Map("connections").Count<ulong, RawConnection>(c => c.Role is not (ConnectionRole.Passive or ConnectionRole.PassiveClosed));

    /// <summary>For tests: attaches again after <see cref="Detach()"/>, as if the hooks had missed what happened between.</summary>
    internal void AttachHooks(ProbeOptions options)
    {
        using var tracepoints = new SystemCallTracepoints();
        _links.AttachAll(options, tracepoints);
    }

    /// <summary>For tests: detaches all hooks. The maps stay.</summary>
    internal void Detach() => _links.Detach();

    /// <summary>For tests of what serves in place of a hook: detaches one.</summary>
    internal void Detach(string hook) => _links.Detach(hook);

    /// <summary>For tests that nothing stays behind: how many entries a map has. Its keys have at most eight bytes.</summary>
    internal int CountEntries(string map) => _probes.Map(map).Count<ulong>();

    /// <inheritdoc/>
    public void Dispose()
    {
        _links.Dispose();
        _ring.Dispose();
        _memory.Dispose();
        _probes.Dispose();
    }
}
