using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>Runs the programs that sit at no hook: they walk through open files and through the map of connections.</summary>
/// <param name="probes">The loaded object, which must outlive this.</param>
/// <param name="ways">The programs chosen for each facility.</param>
/// <param name="memory">A walk reads its purpose there, and writes what it counted.</param>
/// <param name="iterator">The iterator over the map of connections, which the caller owns; null: a program is called instead.</param>
/// <param name="options">The sizes of the map and of the ring.</param>
internal sealed unsafe class Walks(
    ProbeObject probes, IReadOnlyDictionary<Facility, ProgramSet> ways, ProbeMemory memory, LinkHandle? iterator, ProbeOptions options)
{
    private const string OpenFiles = "iter/task_file";

    /// <summary>The walks in use, as kernel names.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            if (ways.ContainsKey(Facilities.OlderConnections))
                yield return OpenFiles;
            foreach (ProbeProgram program in ways.TryGetValue(Facilities.UnseenEnds, out ProgramSet? way) ? way.Programs : [])
                yield return program.Role;
        }
    }

    /// <summary>Whether the map of connections can be walked.</summary>
    public bool ReachConnections => ways.ContainsKey(Facilities.UnseenEnds);

    /// <inheritdoc cref="TcpProbe.ListOpenSockets"/>
    public void ListOpenSockets()
    {
        if (!ways.TryGetValue(Facilities.OlderConnections, out ProgramSet? way))
            return;
        using var link = new LinkHandle(LibBpf.bpf_program__attach_iter(probes.Program(way.Programs[0].Name), null), probes.Handle);
        if (!link.IsInvalid)
            Walk(link);
    }

    /// <inheritdoc cref="TcpProbe.ReportUnseen"/>
    public void ReportUnseen()
    {
        if (!ReachConnections)
            return;
        memory.Eviction.Entries = memory.Eviction.Wanted = 0;
        WalkConnections(WalkPurpose.Unseen);
        if (memory.Eviction.Entries > options.MaxConnections / 4 * 3)
            memory.Eviction.FindVictims(WalkConnections);
    }

    /// <inheritdoc cref="TcpProbe.ReportLiving"/>
    public LivingConnections ReportLiving(bool isLast, Action drain)
    {
        if (!ReachConnections)
            return default;
        long bytes = (long)memory.Eviction.Entries * Unsafe.SizeOf<RawTcpEvent>();
        // One part fills about a quarter of the ring
        int parts = (int)Math.Min(options.MaxConnections, 1 + 4 * bytes / options.RingBytes);
        memory.Living = default;
        for (int part = 0; part < parts; part++)
        {
            memory.Part = (part, parts);
            WalkConnections(isLast ? WalkPurpose.Last : WalkPurpose.Progress);
            drain();
        }
        return memory.Living;
    }

    private void WalkConnections(WalkPurpose purpose)
    {
        memory.Walk = purpose;
        if (iterator is not null)
            Walk(iterator);
        else
            Call(probes.Program(ways[Facilities.UnseenEnds].Programs[0].Name));
    }

    /// <summary>
    /// Reads the iterator to its end. Its program runs for each file or map entry, and writes into the ring, not into what is
    /// read here.
    /// </summary>
    private static void Walk(LinkHandle link)
    {
        using var file = new SafeFileHandle(LibBpf.bpf_iter_create(LibBpf.bpf_link__fd(link)), ownsHandle: true);
        byte* nothing = stackalloc byte[64];
        while (!file.IsInvalid && LibC.read((int)file.DangerousGetHandle(), nothing, 64) > 0)
        {
        }
    }

    private static void Call(nint program)
    {
        var options = new LibBpf.TestRunOptions { Size = (nuint)sizeof(LibBpf.TestRunOptions) };
        _ = LibBpf.bpf_prog_test_run_opts(LibBpf.bpf_program__fd(program), &options);
    }
}
