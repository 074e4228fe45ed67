using System.Runtime.InteropServices;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// Chooses a way for each facility and loads all programs at once. Only if the kernel refuses that, it asks for each way on its own and leaves out
/// what is refused.
/// </summary>
internal sealed class ProbeLoader
{
    /// <summary>The verifier's last line, of a program that it has read: then the program is at fault, and not what this machine allows.</summary>
    private const string VerifierRan = "\nprocessed ";

    private readonly ProbeOptions _options;
    private readonly KernelFeatures _features;
    private readonly Dictionary<ProgramSet, Refusal> _refused = [];
    private readonly Dictionary<Facility, ProgramSet> _chosen = [];
    private readonly string? _noTracepoints;
    private readonly int _ioUringArity;

    private const string NotThere = "this kernel does not have it";

    private sealed record Refusal(string Reason, int Error, string Log);

    public ProbeLoader(ProbeOptions options, string? noTracepoints)
    {
        _options = options;
        _noTracepoints = noTracepoints;
        LibBpfLog.Start();
        using var btf = new KernelBtf();
        if (!btf.IsReadable)
            throw new ProbeException(ProbeFailure.NoBtf, UnreadableTypes.Why(KernelSupport.BtfPath, btf.Error));
        _features = btf.Features | (_noTracepoints is null ? KernelFeatures.CallTracepoints : 0) | (options.OnlyChildren ? KernelFeatures.FollowsChildren : 0);
        _ioUringArity = btf.IoUringArity;
    }

    /// <summary>How each facility that could be had is had.</summary>
    public IReadOnlyDictionary<Facility, ProgramSet> Chosen => _chosen;

    /// <summary>Loads what can be had.</summary>
    /// <exception cref="ProbeException">Something necessary is refused.</exception>
    public ProbeObject Load()
    {
        Choose(IsPossible);
        ProbeObject? probes = ProbeObject.TryLoad(_options, _chosen.Values, out int error);
        if (probes is null)
        {
            Choose(way => IsPossible(way) && LoadsAlone(way));
            probes = ProbeObject.TryLoad(_options, _chosen.Values, out error);
        }
        _ = LibC.malloc_trim(0); // libbpf has read the kernel's types, some 10 MB, and let go of them
        return probes ?? throw KernelSupport.LoadFailure(error, LibBpfLog.Text, "the programs and their maps");
    }

    /// <summary>Takes a way out of the choice, because it was loaded but could not be attached.</summary>
    public void Refuse(ProgramSet way, string reason)
    {
        KernelFeatures shared = way.Needs & KernelFeatures.CallTracepoints;
        foreach (ProgramSet like in Facilities.Programs.SelectMany(f => f.Ways).Where(w => w == way || (shared != 0 && w.Needs.HasFlag(shared))))
            _refused[like] = new Refusal(reason, 0, "");
    }

    private void Choose(Predicate<ProgramSet> canBeHad)
    {
        _chosen.Clear();
        foreach (Facility facility in Facilities.Programs.Where(IsWanted))
        {
            if (facility.Ways.FirstOrDefault(w => canBeHad(w)) is { } way)
                _chosen.Add(facility, way);
            else if (facility.IsNecessary)
                throw WhyNot(facility);
        }
    }

    /// <summary>Whether it serves a purpose in this recording and on this kernel. What it adds to has been chosen before.</summary>
    private bool IsWanted(Facility facility)
    {
        if (facility.Beside is { } first)
            return _chosen.TryGetValue(first, out ProgramSet? way) && !way.IsLegacy;
        return (facility != Facilities.ChildProcesses || _options.OnlyChildren) && (facility != Facilities.IoUring || _ioUringArity > 0);
    }

    private bool IsPossible(ProgramSet way) => _features.HasFlag(way.Needs) && !_refused.ContainsKey(way);

    /// <summary>With small maps: here only the programs matter.</summary>
    private bool LoadsAlone(ProgramSet way)
    {
        using ProbeObject? probes = ProbeObject.TryLoad(_options with { RingBytes = Environment.SystemPageSize, MaxConnections = 1 }, [way], out int error);
        if (probes is not null)
            return true;
        string log = LibBpfLog.Text;
        string who = log.Contains(VerifierRan, StringComparison.Ordinal) ? "the kernel's verifier rejects it" : "the kernel refuses it";
        _refused[way] = new Refusal($"{who} ({Marshal.GetPInvokeErrorMessage(error)})", error, log);
        return false;
    }

    private ProbeException WhyNot(Facility facility)
    {
        Refusal? first = FirstRefusal(facility);
        return first is { Error: not 0 }
            ? KernelSupport.LoadFailure(first.Error, first.Log, $"the programs for {facility.Name}")
            : new ProbeException(ProbeFailure.Refused, $"{facility.Name}, which recording needs: {first?.Reason ?? NotThere}");
    }

    private Refusal? FirstRefusal(Facility facility) => facility.Ways.Select(w => _refused.GetValueOrDefault(w)).FirstOrDefault(r => r is not null);

    /// <summary>What this recording does without, or has only in a worse way.</summary>
    public IEnumerable<Limitation> Limitations()
    {
        foreach (Facility facility in Facilities.Programs.Where(IsWanted))
        {
            string? cost = _chosen.TryGetValue(facility, out ProgramSet? way) ? way.Cost : facility.Without;
            if (cost is not null)
                yield return new Limitation(facility, ReasonFor(facility), cost);
        }
        if (_options.RefusesToLoad(ProbeOptions.CgroupNamesFunction))
            yield return new Limitation(Facilities.CgroupNames, ProbeOptions.SwitchedOff, Facilities.CgroupNames.Without!);
    }

    private string ReasonFor(Facility facility)
    {
        if (FirstRefusal(facility) is { } refusal)
            return refusal.Reason;
        if (facility == Facilities.CallReturns && _noTracepoints is not null)
            return _noTracepoints;
        return facility == Facilities.IoUring ? $"its tracepoint hands over {_ioUringArity} arguments, which this version does not know" : NotThere;
    }
}
