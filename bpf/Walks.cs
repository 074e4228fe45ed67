using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>Programs that hang at no hook: user space has them walk through open files, and through the map of connections.</summary>
/// <param name="probes">Where the programs are.</param>
/// <param name="ways">What was chosen for each facility.</param>
/// <param name="memory">Where a walk reads what it is for, and writes what it found.</param>
/// <param name="iterator">That of the map, where there is one: else the program is called.</param>
/// <param name="options">How large the map and the ring are.</param>
internal sealed unsafe class Walks(ProbeObject probes, IReadOnlyDictionary<Facility, ProgramSet> ways, ProbeMemory memory, LinkHandle? iterator, ProbeOptions options)
{
    private const string OpenFiles = "iter/task_file";

    /// <summary>Those in use, as kernel names.</summary>
    public IEnumerable<string> Names
    {
        get
        {
            if (ways.ContainsKey(Facilities.OlderConnections))
                yield return OpenFiles;
            foreach (string program in ways.TryGetValue(Facilities.UnseenEnds, out ProgramSet? way) ? way.Programs : [])
                yield return ProgramSet.Plain(program);
        }
    }

    /// <summary>Whether the map of connections can be walked.</summary>
    public bool ReachConnections => ways.ContainsKey(Facilities.UnseenEnds);

    /// <inheritdoc cref="TcpProbe.ListOpenSockets"/>
    public void ListOpenSockets()
    {
        if (!ways.TryGetValue(Facilities.OlderConnections, out ProgramSet? way))
            return;
        using var link = new LinkHandle(LibBpf.bpf_program__attach_iter(probes.Program(way.Programs[0]), null), probes.Handle);
        if (!link.IsInvalid)
            Walk(link);
    }

    /// <inheritdoc cref="TcpProbe.TellUnseen"/>
    public void TellUnseen()
    {
        if (!ReachConnections)
            return;
        memory.Crowd.Entries = memory.Crowd.Wanted = 0;
        WalkConnections(WalkPurpose.Unseen);
        if (memory.Crowd.Entries > options.MaxConnections / 4 * 3)
            memory.Crowd.FindVictims(WalkConnections);
    }

    /// <inheritdoc cref="TcpProbe.TellLiving"/>
    public LivingConnections TellLiving(bool isLast, Action drain)
    {
        if (!ReachConnections)
            return default;
        int parts = (int)Math.Min(options.MaxConnections, 1 + (long)memory.Crowd.Entries * Unsafe.SizeOf<RawTcpEvent>() * 4 / options.RingBytes);
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
            Call(probes.Program(ways[Facilities.UnseenEnds].Programs[0]));
    }

    /// <summary>The program runs for each thing that there is, and writes into the ring, not into the file.</summary>
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
