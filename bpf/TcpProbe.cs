using System.Runtime.InteropServices;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// The one door to the kernel: loads the programs, attaches them, and hands out records. Not thread-safe, but for <see cref="Interrupt"/>.
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
        TellsCgroupNames = !Limitations.Any(l => l.Facility == Facilities.CgroupNames);
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

    /// <summary>The hooks in use, as kernel names.</summary>
    public IReadOnlyList<string> Hooks => [.. _links.Hooks.Union(_walks.Names)];

    /// <summary>What this recording does without, or has only in a worse way.</summary>
    public IReadOnlyList<Limitation> Limitations { get; }

    /// <summary>Whether the programs tell the names of cgroups before the first event in them.</summary>
    public bool TellsCgroupNames { get; } // asked for with every event

    /// <summary>Loads the programs and attaches every hook; from here on events gather in the ring.</summary>
    /// <exception cref="ProbeException">This machine cannot record.</exception>
    public static TcpProbe Start(ProbeOptions options)
    {
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
            return new TcpProbe(probes, loader, options, tracepoints);
        }
        catch
        {
            probes.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Has the kernel put a record into the ring for each connection that processes have open and that is not known yet: when called first,
    /// those that are older. Later also for those accepted in a way that no hook tells of, once <see cref="TellUnseen"/> has come across them twice.
    /// </summary>
    public void ListOpenSockets() => _walks.ListOpenSockets();

    /// <summary>
    /// Has the kernel put a record into the ring for each connection that ended, or was established, without a hook's seeing it. Where the map of
    /// connections is nearly full, also looks for those that are to make room.
    /// </summary>
    public void TellUnseen() => _walks.TellUnseen();

    /// <summary>Whether connections could not be followed for want of room, and <see cref="TellUnseen"/> may find some.</summary>
    public bool WantsRoom => Volatile.Read(ref _memory.Crowd.Wanted) != 0;

    /// <summary>Whether <see cref="TellLiving"/> can tell anything.</summary>
    public bool TellsLiving => _walks.ReachConnections;

    /// <summary>
    /// Has the kernel put a record into the ring for each connection that has not ended, part by part, so that the ring can hold them.
    /// </summary>
    /// <param name="isLast">The recording ends: those that their owner has closed are told as such. Otherwise it is progress that is told.</param>
    /// <param name="drain">Called after each part.</param>
    /// <returns>How many there are.</returns>
    public LivingConnections TellLiving(bool isLast, Action drain) => _walks.TellLiving(isLast, drain);

    /// <summary>Waits for records and hands them over, until some came, the time is up, or <see cref="Interrupt"/> was called.</summary>
    /// <returns>How many there were.</returns>
    public int Read(IRawEventReceiver receiver, int maxMilliseconds) => _ring.Read(receiver, maxMilliseconds);

    /// <summary>Hands over what is in the ring now, without waiting.</summary>
    /// <returns>How many records there were.</returns>
    public int Drain(IRawEventReceiver receiver) => _ring.Drain(receiver);

    /// <summary>Ends the <see cref="Read"/> that waits, or else the next one at once. From any thread or signal handler.</summary>
    public void Interrupt() => _ring.Interrupt();

    /// <inheritdoc cref="ProbeMemory.BeginCgroupGeneration"/>
    public void TellCgroupsAgain() => _memory.BeginCgroupGeneration();

    /// <inheritdoc cref="ProbeMemory.Judge"/>
    /// <param name="slot">Of the cgroup, as it was told.</param>
    /// <param name="verdict">What is known about it.</param>
    public void Judge(uint slot, CgroupVerdict verdict) => _memory.Judge(slot, verdict);

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
    public int CountOwnedConnections() =>
        _probes.Map("connections").Count<ulong, RawConnection>(c => c.Role is not (ConnectionRole.Passive or ConnectionRole.PassiveClosed));

    /// <summary>On its own for tests: after <see cref="Detach()"/> it goes on as if the hooks had missed what happened.</summary>
    internal void AttachHooks(ProbeOptions options)
    {
        using var tracepoints = new SystemCallTracepoints();
        _links.AttachAll(options, tracepoints);
    }

    /// <summary>From here on no hook sees anything; the maps stay.</summary>
    internal void Detach() => _links.Detach();

    /// <summary>From here on one hook sees nothing: for tests of what then serves in its place.</summary>
    internal void Detach(string hook) => _links.Detach(hook);

    /// <summary>How many entries a map has now: for tests, to which nothing may stay behind.</summary>
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
