using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>The programs that hang at hooks, and their links.</summary>
/// <param name="probes">Where the programs are.</param>
/// <param name="ways">What was chosen for each facility.</param>
internal sealed unsafe class HookLinks(ProbeObject probes, IReadOnlyDictionary<Facility, ProgramSet> ways) : IDisposable
{
    private readonly List<(string Hook, LinkHandle Link)> _links = [];

    /// <summary>The hooks in use, as kernel names.</summary>
    public IEnumerable<string> Hooks => _links.Select(l => l.Hook);

    /// <summary>The iterator that walks through the map of connections, where that is how it is done.</summary>
    public LinkHandle? WalkIterator { get; private set; }

    /// <summary>Attaches all of them.</summary>
    /// <exception cref="AttachException">One of them cannot be.</exception>
    public void AttachAll(ProbeOptions options, SystemCallTracepoints tracepoints)
    {
        foreach ((Facility facility, ProgramSet way) in ways)
        {
            foreach (string program in way.Programs)
                Attach(facility, way, program, tracepoints, options);
        }
    }

    /// <summary>Programs that are walks are attached to nothing but the map that they walk; a worker is what others jump to.</summary>
    private void Attach(Facility facility, ProgramSet way, string name, SystemCallTracepoints tracepoints, ProbeOptions options)
    {
        nint program = probes.Program(name);
        if (options.RefusesToAttach(name))
            throw new AttachException(way, $"the kernel refuses to attach it ({Marshal.GetPInvokeErrorMessage(1)})");
        if (name.StartsWith("state_worker", StringComparison.Ordinal))
            probes.Employ(name);
        else if (facility == Facilities.UnseenEnds)
            WalkIterator = way.Needs.HasFlag(KernelFeatures.MapIterators) ? Linked(way, AttachWalk(program)) : null;
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

    private void Add(ProgramSet way, nint link, string hook) => _links.Add((ProgramSet.Plain(hook), Linked(way, link)));

    private LinkHandle Linked(ProgramSet way, nint link)
    {
        const int tooBig = 7; // E2BIG
        int error = Marshal.GetLastPInvokeError();
        if (link != 0)
            return new LinkHandle(link, probes.Handle);
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
        int map = probes.Map("connections").Descriptor; // union bpf_iter_link_info
        var options = new LibBpf.IteratorOptions { Size = (nuint)sizeof(LibBpf.IteratorOptions), Target = &map, TargetSize = sizeof(int) };
        return LibBpf.bpf_program__attach_iter(program, &options);
    }

    /// <summary>From here on no hook sees anything; walks go on.</summary>
    public void Detach()
    {
        foreach ((_, LinkHandle link) in _links)
            link.Dispose();
        _links.Clear();
    }

    /// <summary>From here on one hook sees nothing.</summary>
    public void Detach(string hook)
    {
        int place = _links.FindIndex(l => l.Hook == hook);
        _links[place].Link.Dispose();
        _links.RemoveAt(place);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        WalkIterator?.Dispose();
    }
}
