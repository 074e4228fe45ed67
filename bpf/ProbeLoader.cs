using System.Runtime.InteropServices;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// Chooses programs for each facility and loads all of them at once. If the kernel refuses that, it tries each set of programs on
/// its own, and leaves out the sets that are refused.
/// </summary>
internal sealed class ProbeLoader
{
    /// <summary>
    /// The beginning of the verifier's last line. If the log has this line, the verifier has looked at the program. Then it
    /// rejected the program, and this machine's permissions are not the reason. Only the log tells the two apart.
    /// </summary>
    private const string VerifierRan = "\nprocessed ";

    private readonly ProbeOptions _options;
    private readonly KernelFeatures _features;
    private readonly Dictionary<ProgramSet, Refusal> _refused = [];
    private readonly Dictionary<Facility, ProgramSet> _chosen = [];
    private readonly string? _noTracepoints;
    private readonly int _ioUringArity;

    private const string NotThere = "this kernel does not have it";

    private sealed record Refusal(string Reason, int Error, string Log)
    {
        public bool IsByVerifier => Log.Contains(VerifierRan, StringComparison.Ordinal);
    }

    /// <param name="options">What the programs select, and the sizes of the maps.</param>
    /// <param name="noTracepoints">Why <see cref="SystemCallTracepoints"/> cannot be used; null: they can.</param>
    /// <exception cref="ProbeException">The kernel's types cannot be read.</exception>
    public ProbeLoader(ProbeOptions options, string? noTracepoints)
    {
        _options = options;
        _noTracepoints = noTracepoints;
        LibBpfLog.Start();
        using var btf = new KernelBtf();
        if (!btf.IsReadable)
            throw new ProbeException(ProbeFailure.NoBtf, UnreadableTypes.Why(KernelSupport.BtfPath, btf.Error));
        _features = btf.Features
            | (_noTracepoints is null ? KernelFeatures.CallTracepoints : 0)
            | (options.OnlyChildren ? KernelFeatures.FollowsChildren : 0);
        _ioUringArity = btf.IoUringArity;
    }

    /// <summary>The programs of each facility that this machine allows.</summary>
    public IReadOnlyDictionary<Facility, ProgramSet> Chosen => _chosen;

    /// <summary>Loads what this machine allows.</summary>
    /// <returns>The loaded object, which the caller owns.</returns>
    /// <exception cref="ProbeException">The kernel refuses something necessary.</exception>
    public ProbeObject Load()
    {
        Choose(IsPossible);
        ProbeObject? probes = ProbeObject.TryLoad(_options, _chosen.Values, out int error);
        if (probes is null)
        {
            Choose(way => IsPossible(way) && LoadsAlone(way));
            probes = ProbeObject.TryLoad(_options, _chosen.Values, out error);
        }
        _ = LibC.malloc_trim(0); // libbpf has read the kernel's types, some 10 MB, and freed them
        return probes ?? throw KernelSupport.LoadFailure(error, LibBpfLog.Text, "the programs and their maps");
    }

    /// <summary>Takes a set of programs out of the choice: it was loaded, but could not be attached.</summary>
    public void Refuse(ProgramSet way, string reason)
    {
        KernelFeatures shared = way.Needs & KernelFeatures.CallTracepoints;
        foreach (ProgramSet other in Facilities.Programs.SelectMany(f => f.Ways))
        {
            if (other == way || (shared != 0 && other.Needs.HasFlag(shared)))
                _refused[other] = new Refusal(reason, 0, "");
        }
    }

    private void Choose(Predicate<ProgramSet> isAvailable)
    {
        _chosen.Clear();
        foreach (Facility facility in Facilities.Programs.Where(IsWanted))
        {
            if (facility.Ways.FirstOrDefault(w => isAvailable(w)) is { } way)
                _chosen.Add(facility, way);
            else if (facility.IsNecessary)
                throw WhyNot(facility);
        }
    }

    /// <summary>
    /// Whether the facility is of use in this recording and on this kernel. A facility that it adds to (<see
    /// cref="Facility.Beside"/>) must be chosen first.
    /// </summary>
    private bool IsWanted(Facility facility)
    {
        if (facility.Beside is { } first)
            return _chosen.TryGetValue(first, out ProgramSet? way) && !way.IsLegacy;
        return (facility != Facilities.ChildProcesses || _options.OnlyChildren)
            && (facility != Facilities.IoUring || _ioUringArity > 0);
    }

    private bool IsPossible(ProgramSet way) => _features.HasFlag(way.Needs) && !_refused.ContainsKey(way);

    /// <summary>Loads a set of programs on its own, with small maps, and unloads it again.</summary>
    private bool LoadsAlone(ProgramSet way)
    {
        ProbeOptions small = _options with { RingBytes = Environment.SystemPageSize, MaxConnections = 1 };
        using ProbeObject? probes = ProbeObject.TryLoad(small, [way], out int error);
        if (probes is not null)
            return true;
        var refusal = new Refusal(Marshal.GetPInvokeErrorMessage(error), error, LibBpfLog.Text);
        string who = refusal.IsByVerifier ? "the kernel's verifier rejects it" : "the kernel refuses it";
        _refused[way] = refusal with { Reason = $"{who} ({refusal.Reason})" };
        return false;
    }

    private ProbeException WhyNot(Facility facility)
    {
        Refusal? first = FirstRefusal(facility);
        return first is { Error: not 0 }
            ? KernelSupport.LoadFailure(first.Error, first.Log, $"the programs for {facility.Name}")
            : new ProbeException(ProbeFailure.Refused, $"{facility.Name}, which recording needs: {first?.Reason ?? NotThere}");
    }

    private Refusal? FirstRefusal(Facility facility) =>
        facility.Ways.Select(w => _refused.GetValueOrDefault(w)).FirstOrDefault(r => r is not null);

    /// <summary>
    /// The programs that the verifier rejected, also where others do the same as well: then nothing is worse, but the fault is ours.
    /// </summary>
    public IEnumerable<string> Rejected =>
        _refused.Where(r => r.Value.IsByVerifier).SelectMany(r => r.Key.Programs).Select(p => p.Name).Distinct().Order();

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
        return facility == Facilities.IoUring
            ? $"its tracepoint hands over {_ioUringArity} arguments, which this version does not know"
            : NotThere;
    }
}
