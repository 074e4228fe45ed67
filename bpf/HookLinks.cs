using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>Attaches programs to their hooks, and owns the links.</summary>
/// <param name="probes">The loaded object, which must outlive this.</param>
/// <param name="ways">The programs chosen for each facility.</param>
internal sealed unsafe class HookLinks(ProbeObject probes, IReadOnlyDictionary<Facility, ProgramSet> ways) : IDisposable
{
    private readonly List<(string Hook, LinkHandle Link)> _links = [];

    /// <summary>The hooks in use, as kernel names.</summary>
    public IEnumerable<string> Hooks => _links.Select(l => l.Hook);

    /// <summary>The iterator that walks through the map of connections; null: another program walks, or none does.</summary>
    public LinkHandle? WalkIterator { get; private set; }

    /// <summary>Attaches all programs.</summary>
    /// <exception cref="AttachException">One of them cannot be attached.</exception>
    public void AttachAll(ProbeOptions options, SystemCallTracepoints tracepoints)
    {
        foreach ((Facility facility, ProgramSet way) in ways)
        {
            foreach (ProbeProgram program in way.Programs)
                Attach(facility, way, program, tracepoints, options);
        }
    }

    /// <summary>
    /// Attaches one program. A worker has no hook: other programs jump to it (tail call). An iterator is attached to the map
    /// that it walks through. User space calls the other walks.
    /// </summary>
    private void Attach(Facility facility, ProgramSet way, ProbeProgram which, SystemCallTracepoints tracepoints, ProbeOptions options)
    {
        nint program = probes.Program(which.Name);
        if (options.RefusesToAttach(which.Name))
            throw new AttachException(way, $"the kernel refuses to attach it ({Marshal.GetPInvokeErrorMessage(1)})");
        if (which.IsWorker)
            probes.RegisterWorker(which.Name);
        else if (facility == Facilities.UnseenEnds)
            WalkIterator = way.Needs.HasFlag(KernelFeatures.MapIterators) ? Linked(way, AttachWalk(program)) : null;
        else if (facility == Facilities.CallReturns && way.Needs.HasFlag(KernelFeatures.CallTracepoints))
            AttachTracepoints(way, which, program, tracepoints);
        else if (facility != Facilities.OlderConnections)
            Add(way, LibBpf.bpf_program__attach(program), which.Role);
    }

    private void AttachTracepoints(ProgramSet way, ProbeProgram which, nint program, SystemCallTracepoints tracepoints)
    {
        foreach (string tracepoint in SystemCallTracepoints.Of(which))
            Add(way, AttachTracepoint(program, tracepoints.Take(tracepoint)), tracepoint);
    }

    private void Add(ProgramSet way, nint link, string hook) => _links.Add((hook, Linked(way, link)));

    private LinkHandle Linked(ProgramSet way, nint link)
    {
        const int tooBig = 7; // E2BIG
        int error = Marshal.GetLastPInvokeError();
        if (link != 0)
            return new LinkHandle(link, probes.Handle);
        throw new AttachException(way, error == tooBig
            ? SystemCallTracepoints.LimitReached
            : $"the kernel refuses to attach it ({Marshal.GetPInvokeErrorMessage(error)})");
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
