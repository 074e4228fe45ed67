using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Filter;

/// <summary>
/// The one filter: the same object selects live, while recording, and at replay. What can be said in the kernel's terms it also offers
/// for pushing down; it filters all the same, so that it never matters whether the kernel did.
/// </summary>
public sealed class EventFilter
{
    private readonly Terms<NumberRange>? _pids, _uids, _ports, _netns;
    private readonly Terms<string>? _comms, _namespaces, _pods, _containers, _nodes;
    private readonly LabelSelector? _labels;
    private readonly Terms<AddressBlock>? _addresses;
    private readonly uint _operations;
    private readonly EventPredicate? _expression;
    private readonly Selection _selection;

    /// <summary>Reads the user's words.</summary>
    /// <exception cref="SelectionException">One of them cannot be understood.</exception>
    public EventFilter(Selection selection)
    {
        _pids = Terms<NumberRange>.Parse(selection.Pid, NumberRange.Parser("--pid", uint.MaxValue, ranges: false));
        _uids = Terms<NumberRange>.Parse(selection.Uid, NumberRange.Parser("--uid", uint.MaxValue, ranges: false));
        _ports = Terms<NumberRange>.Parse(selection.Port, NumberRange.Parser("--port", ushort.MaxValue, ranges: true));
        _netns = Terms<NumberRange>.Parse(selection.Netns, NumberRange.Parser("--netns", uint.MaxValue, ranges: false));
        _comms = Terms<string>.Parse(selection.Comm, NamePattern.Parser("--comm"));
        _namespaces = Terms<string>.Parse(selection.Namespace, NamePattern.Parser("--namespace"));
        _pods = Terms<string>.Parse(selection.Pod, NamePattern.Parser("--podname"));
        _containers = Terms<string>.Parse(selection.Container, NamePattern.Parser("--containername"));
        _nodes = Terms<string>.Parse(selection.Node, NamePattern.Parser("--node"));
        _labels = selection.Labels is null ? null : LabelSelector.Parse(selection.Labels);
        _addresses = Terms<AddressBlock>.Parse(selection.Addr, AddressBlock.Parse);
        IReadOnlyCollection<Operation> named = [];
        _expression = selection.Filter is null ? null : FilterExpression.Compile(selection.Filter, selection.FilterOption, selection.UserNumber, out named);
        _operations = OperationsOf(selection, Bits(named));
        ZoneQuestions = [.. AskZones()];
        _selection = selection;
    }

    private EventFilter(Selection selection, uint onlyOperations)
        : this(selection) => _operations &= onlyOperations;

    /// <summary>What --existing would add to this selection; null: nothing.</summary>
    public EventFilter? AddedByExisting()
    {
        if (Wants(Operation.Existing))
            return null;
        var added = new EventFilter(_selection with { Existing = true }, Bit(Operation.Existing));
        return added.Operations != 0 ? added : null;
    }

    /// <summary>The same selection with -A instead of -n; null: it has no -n.</summary>
    public EventFilter? OfAllNamespaces() => _selection.Namespace is null ? null : new EventFilter(_selection with { Namespace = null });

    /// <summary>The options by which the kernel leaves out events that nobody counts.</summary>
    public IReadOnlyList<string> UncountedOptions =>
    [
        .. new[] { ("--pid", KernelPids.Count), ("--port", KernelPorts.Count), ("--netns", KernelNetns.Count) }.Where(o => o.Item2 > 0).Select(o => o.Item1),
        .. _selection.Op is null ? Array.Empty<string>() : ["--op"],
        .. _selection.Failed ? ["--failed"] : Array.Empty<string>(),
    ];

    /// <summary>The options that narrow it, as they are typed: for the sentence that says it hides everything.</summary>
    public string Description => _selection.Describe();

    /// <summary>What a block's zone map can be asked, so that a block without it need not be unpacked.</summary>
    internal IReadOnlyList<ZoneQuestion> ZoneQuestions { get; }

    private IEnumerable<ZoneQuestion> AskZones()
    {
        if (_pids?.Wanted is { Length: > 0 } pids)
            yield return new ZoneQuestion([.. pids.Select(r => ZoneMap.HashOf(ZoneItem.Pid, (uint)r.First))], []);
        if (_uids?.Wanted is { Length: > 0 } uids)
            yield return new ZoneQuestion([.. uids.Select(r => ZoneMap.HashOf(ZoneItem.Uid, (uint)r.First))], []);
        if (_comms?.Wanted is { Length: > 0 } comms && comms.All(c => c.IndexOfAny(['*', '?', '\\', '\ufffd']) < 0))
            yield return new ZoneQuestion([.. comms.Select(c => ZoneMap.HashOf(ZoneItem.Comm, Encoding.UTF8.GetBytes(c)))], []);
        if (_addresses?.Wanted is { Length: > 0 } blocks && blocks.All(b => b.Bits == b.Prefix.Length * 8))
            yield return new ZoneQuestion([.. blocks.Select(b => ZoneMap.HashOf(ZoneItem.Address, b.Prefix))], []);
        if (_ports?.Wanted is { Length: > 0 } ports && ports.All(r => r.First == r.Last))
            yield return new ZoneQuestion([.. ports.Select(r => ZoneMap.HashOf(ZoneItem.Port, (uint)r.First))], [.. ports.Select(r => ((uint)r.First, (uint)r.Last))]);
    }

    private static uint OperationsOf(Selection selection, uint namedByFilter)
    {
        Terms<uint>? named = Terms<uint>.Parse(selection.Op, text => OperationNames.Parse(text) is { Count: > 0 } all ? Bits(all)
            : throw SelectionException.UnknownName("operation", text, [.. OperationNames.All], $"known: {string.Join(", ", OperationNames.All)}"));
        uint wanted = named is { Wanted.Length: > 0 } ? All(named.Wanted) : ~s_hidden | namedByFilter;
        if (selection.Failed)
            wanted &= Bit(Operation.ConnectFailed);
        if (selection.Existing)
            wanted |= Bit(Operation.Existing);
        if (selection.Progress)
            wanted |= Bit(Operation.Progress);
        wanted &= ~All(named?.Unwanted ?? []);
        return wanted != 0 ? wanted : throw new SelectionException($"--op '{selection.Op}'{(selection.Failed ? " and --failed leave" : " leaves")} no operation to show");
    }

    /// <summary>What nobody sees who has not asked for it.</summary>
    private static readonly uint s_hidden = Bits([Operation.Existing, Operation.Progress]);

    private static uint All(uint[] bits) => bits.Aggregate(0u, (all, b) => all | b);

    private static uint Bits(IEnumerable<Operation> operations) => All([.. operations.Select(Bit)]);

    /// <summary>The last bit is for all that are too high for one of their own: operations of later versions.</summary>
    private static uint Bit(Operation operation) => 1u << Math.Min((int)operation, 31);

    /// <summary>The operations wanted, bit per number.</summary>
    public uint Operations => _operations;

    /// <summary>For the kernel: only these processes. Empty: it cannot narrow.</summary>
    public IReadOnlyCollection<uint> KernelPids => [.. (_pids?.Wanted ?? []).Select(r => (uint)r.First)];

    /// <summary>For the kernel: only these ports. Empty: it cannot narrow.</summary>
    public IReadOnlyCollection<ushort> KernelPorts
    {
        get
        {
            const int limit = 1024; // the size of the kernel's map
            NumberRange[] ranges = _ports?.Wanted ?? [];
            if (ranges.Sum(r => (long)(r.Last - r.First + 1)) > limit)
                return [];
            return [.. ranges.SelectMany(r => Enumerable.Range((int)r.First, (int)(r.Last - r.First + 1))).Select(p => (ushort)p).Distinct()];
        }
    }

    /// <summary>For the kernel: only these network namespaces. Empty: it cannot narrow.</summary>
    public IReadOnlyCollection<uint> KernelNetns => [.. (_netns?.Wanted ?? []).Select(r => (uint)r.First)];

    /// <summary>Whether the event is wanted.</summary>
    public bool Matches(in TcpEvent e)
    {
        if (!Wants(e.Operation))
            return false;
        if (_ports is not null && !_ports.Select((e.Sport, e.Dport), static (range, ends) => range.Contains(ends.Sport) || range.Contains(ends.Dport)))
            return false;
        if (_addresses is not null && !_addresses.Select((e.Saddr, e.Daddr), static (block, ends) => block.Contains(ends.Saddr) || block.Contains(ends.Daddr)))
            return false;
        return MatchesOwner(e.Process, e.Workload) && MatchesExpression(in e);
    }

    /// <summary>The part of <see cref="Matches"/> that depends on the operation.</summary>
    public bool Wants(Operation operation) => (_operations & Bit(operation)) != 0;

    /// <summary>The part of <see cref="Matches"/> that depends on the owner and where it runs.</summary>
    internal bool MatchesOwner(ProcessIdentity process, Workload workload) =>
        Select(_pids, process.Pid) && Select(_uids, process.Uid) && Select(_netns, process.Netns) && Select(_comms, process.Comm)
        && MatchesWorkload(workload);

    /// <summary>The part of <see cref="Matches"/> that depends on where the owner runs.</summary>
    public bool MatchesWorkload(Workload workload) =>
        Select(_namespaces, workload.Namespace) && Select(_pods, workload.Pod) && Select(_containers, workload.Container) && Select(_nodes, workload.Node)
        && (_labels is null || _labels.Matches(workload.Labels));

    /// <summary>What one end's address contributes: an end that is unwanted excludes, one that is wanted suffices.</summary>
    internal (bool Wanted, bool Unwanted) Judge(Address address) =>
        _addresses is null ? (false, false) : (AddressBlock.AnyContains(_addresses.Wanted, address), AddressBlock.AnyContains(_addresses.Unwanted, address));

    /// <summary>The same for ports: those that are wanted and those that are not.</summary>
    internal IEnumerable<(NumberRange Ports, bool Wanted)> PortRanges =>
        _ports is null ? [] : _ports.Wanted.Select(r => (r, true)).Concat(_ports.Unwanted.Select(r => (r, false)));

    /// <summary>Whether the owner or where it runs matters at all.</summary>
    internal bool LooksAtOwner => (_pids ?? _uids ?? _netns) is not null || _comms is not null || LooksAtWorkload;

    /// <summary>Whether it matters where the owner runs.</summary>
    public bool LooksAtWorkload => (_namespaces ?? _pods ?? _containers ?? _nodes) is not null || _labels is not null;

    /// <summary>The options that select by names of pods.</summary>
    public IReadOnlyList<string> PodOptions =>
        [.. new[] { ("-n", _selection.Namespace), ("-p", _selection.Pod), ("-c", _selection.Container), ("-l", _selection.Labels) }.Where(o => o.Item2 is not null).Select(o => o.Item1)];

    /// <summary>Whether <see cref="MatchesExpression"/> can refuse anything.</summary>
    internal bool HasExpression => _expression is not null;

    /// <summary>The part of <see cref="Matches"/> that --filter adds, which may look at anything.</summary>
    internal bool MatchesExpression(in TcpEvent e) => _expression is null || _expression(in e);

    /// <summary>Whether an address must be wanted.</summary>
    internal bool NeedsAddress => _addresses?.Wanted.Length > 0;

    /// <summary>Whether a port must be wanted.</summary>
    internal bool NeedsPort => _ports?.Wanted.Length > 0;

    /// <summary>Whether ports matter at all.</summary>
    internal bool LooksAtPorts => _ports is not null;

    private static bool Select(Terms<NumberRange>? terms, ulong value) => terms is null || terms.Select(value, static (range, v) => range.Contains(v));

    private static bool Select(Terms<string>? terms, SafeText value) => terms is null || terms.Select(value, NamePattern.Matches);
}
