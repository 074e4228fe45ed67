using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Filter;

/// <summary>
/// Selects events, live, while recording, and at replay alike. It never changes; several threads may use it. It offers some of its
/// conditions for a test in the kernel, and tests them again itself, so that it never matters whether the kernel did.
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

    /// <summary>Compiles a selection.</summary>
    /// <param name="selection">What the user asked for.</param>
    /// <exception cref="SelectionException">An option cannot be understood.</exception>
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
        _expression = selection.Filter is null
            ? null
            : FilterExpression.Compile(selection.Filter, selection.FilterOption, selection.UserNumber, out named);
        _operations = OperationsOf(selection, Bits(named));
        ZoneQuestions = [.. AskZones()];
        _selection = selection;
    }

    private EventFilter(Selection selection, uint onlyOperations)
        : this(selection) => _operations &= onlyOperations;

    /// <summary>A filter for the events that --existing would add to this selection; null: there are none.</summary>
    public EventFilter? AddedByExisting()
    {
        if (Wants(Operation.Existing))
            return null;
        var added = new EventFilter(_selection with { Existing = true }, Bit(Operation.Existing));
        return added.Operations != 0 ? added : null;
    }

    /// <summary>The same selection with -A instead of -n; null: it has no -n.</summary>
    public EventFilter? OfAllNamespaces() => _selection.Namespace is null ? null : new EventFilter(_selection with { Namespace = null });

    /// <summary>The options by which the kernel drops events without counting them.</summary>
    public IReadOnlyList<string> UncountedOptions =>
    [
        .. KernelPids.Count > 0 ? ["--pid"] : Array.Empty<string>(),
        .. KernelPorts.Count > 0 ? ["--port"] : Array.Empty<string>(),
        .. KernelNetns.Count > 0 ? ["--netns"] : Array.Empty<string>(),
        .. _selection.Op is null ? Array.Empty<string>() : ["--op"],
        .. _selection.Failed ? ["--failed"] : Array.Empty<string>(),
    ];

    /// <summary>The options that narrow the selection, as they are typed, for the message that they hide everything.</summary>
    public string Description => _selection.Describe();

    /// <summary>Questions for the zone map of a block. If one has the answer no, the block need not be unpacked.</summary>
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
        {
            yield return new ZoneQuestion(
                [.. ports.Select(r => ZoneMap.HashOf(ZoneItem.Port, (uint)r.First))],
                [.. ports.Select(r => ((uint)r.First, (uint)r.Last))]);
        }
    }

    private static uint OperationsOf(Selection selection, uint namedByFilter)
    {
        Terms<uint>? named = Terms<uint>.Parse(selection.Op, text => OperationNames.Parse(text) is { Count: > 0 } all
            ? Bits(all)
            : throw SelectionException.UnknownName(
                "operation", text, [.. OperationNames.All], $"known: {string.Join(", ", OperationNames.All)}"));
        uint wanted = named is { Wanted.Length: > 0 } ? All(named.Wanted) : ~s_hidden | namedByFilter;
        if (selection.Failed)
            wanted &= Bit(Operation.ConnectFailed);
        if (selection.Existing)
            wanted |= Bit(Operation.Existing);
        if (selection.Progress)
            wanted |= Bit(Operation.Progress);
        wanted &= ~All(named?.Unwanted ?? []);
        string leave = selection.Failed ? " and --failed leave" : " leaves";
        return wanted != 0 ? wanted : throw new SelectionException($"--op '{selection.Op}'{leave} no operation to show");
    }

    /// <summary>Operations that are shown only if somebody asks for them.</summary>
    private static readonly uint s_hidden = Bits([Operation.Existing, Operation.Progress]);

    private static uint All(uint[] bits) => bits.Aggregate(0u, (all, b) => all | b);

    private static uint Bits(IEnumerable<Operation> operations) => All([.. operations.Select(Bit)]);

    /// <summary>The bit of an operation. Operations of later versions whose numbers are too high share the last bit.</summary>
    private static uint Bit(Operation operation) => 1u << Math.Min((int)operation, 31);

    /// <summary>The wanted operations; bit n stands for operation number n.</summary>
    public uint Operations => _operations;

    /// <summary>The processes that the kernel may restrict itself to; empty: it must report all.</summary>
    public IReadOnlyCollection<uint> KernelPids => [.. (_pids?.Wanted ?? []).Select(r => (uint)r.First)];

    /// <summary>The ports that the kernel may restrict itself to; empty: it must report all.</summary>
    public IReadOnlyCollection<ushort> KernelPorts
    {
        get
        {
            const int limit = 1024; // the size of the kernel's map
            NumberRange[] ranges = _ports?.Wanted ?? [];
            if (ranges.Sum(r => (long)(r.Last - r.First + 1)) > limit)
                return [];
            return [.. ranges.SelectMany(r => Enumerable.Range((int)r.First, (int)(r.Last - r.First + 1)))
                .Select(p => (ushort)p).Distinct()];
        }
    }

    /// <summary>The network namespaces that the kernel may restrict itself to; empty: it must report all.</summary>
    public IReadOnlyCollection<uint> KernelNetns => [.. (_netns?.Wanted ?? []).Select(r => (uint)r.First)];

    /// <summary>Whether the event is selected.</summary>
    public bool Matches(in TcpEvent e)
    {
        if (!Wants(e.Operation))
            return false;
        if (_ports is not null
            && !_ports.Select((e.Sport, e.Dport), static (range, ends) => range.Contains(ends.Sport) || range.Contains(ends.Dport)))
            return false;
        if (_addresses is not null
            && !_addresses.Select((e.Saddr, e.Daddr), static (block, ends) => block.Contains(ends.Saddr) || block.Contains(ends.Daddr)))
            return false;
        return MatchesOwner(e.Process, e.Workload) && MatchesExpression(in e);
    }

    /// <summary>The part of <see cref="Matches"/> that depends on the operation.</summary>
    public bool Wants(Operation operation) => (_operations & Bit(operation)) != 0;

    /// <summary>The part of <see cref="Matches"/> that depends on the owner and on where it runs.</summary>
    internal bool MatchesOwner(ProcessIdentity process, Workload workload) =>
        Select(_pids, process.Pid) && Select(_uids, process.Uid) && Select(_netns, process.Netns) && Select(_comms, process.Comm)
        && MatchesWorkload(workload);

    /// <summary>The part of <see cref="Matches"/> that depends on where the owner runs.</summary>
    public bool MatchesWorkload(Workload workload) =>
        Select(_namespaces, workload.Namespace) && Select(_pods, workload.Pod)
        && Select(_containers, workload.Container) && Select(_nodes, workload.Node)
        && (_labels is null || _labels.Matches(workload.Labels));

    /// <summary>
    /// What the address of one end contributes. An event is excluded if either end is unwanted; it is selected if either end is wanted.
    /// </summary>
    internal (bool Wanted, bool Unwanted) Judge(Address address) => _addresses is null
        ? (false, false)
        : (AddressBlock.AnyContains(_addresses.Wanted, address), AddressBlock.AnyContains(_addresses.Unwanted, address));

    /// <summary>All ranges of ports of the selection: those that are wanted, and those that are unwanted.</summary>
    internal IEnumerable<(NumberRange Ports, bool Wanted)> PortRanges =>
        _ports is null ? [] : _ports.Wanted.Select(r => (r, true)).Concat(_ports.Unwanted.Select(r => (r, false)));

    /// <summary>Whether the selection depends on the owner or on where it runs.</summary>
    internal bool LooksAtOwner => (_pids ?? _uids ?? _netns) is not null || _comms is not null || LooksAtWorkload;

    /// <summary>Whether the selection depends on where the owner runs.</summary>
    public bool LooksAtWorkload => (_namespaces ?? _pods ?? _containers ?? _nodes) is not null || _labels is not null;

    /// <summary>The field of the only option of the selection that names values; null: there are more options than one, or none.</summary>
    public string? OnlyField => _selection.OnlyField;

    /// <summary>The expression of the selection; null: it has none.</summary>
    public string? Expression => _selection.Filter;

    /// <summary>The options of this selection that need names of pods.</summary>
    public IReadOnlyList<string> PodOptions =>
    [
        .. new[] { ("-n", _selection.Namespace), ("-p", _selection.Pod), ("-c", _selection.Container), ("-l", _selection.Labels) }
            .Where(o => o.Item2 is not null).Select(o => o.Item1),
    ];

    /// <summary>Whether <see cref="MatchesExpression"/> can exclude an event.</summary>
    internal bool HasExpression => _expression is not null;

    /// <summary>The part of <see cref="Matches"/> that is the expression of --filter. It may depend on anything.</summary>
    internal bool MatchesExpression(in TcpEvent e) => _expression is null || _expression(in e);

    /// <summary>Whether an event is selected only if one of its addresses is wanted.</summary>
    internal bool NeedsAddress => _addresses?.Wanted.Length > 0;

    /// <summary>Whether an event is selected only if one of its ports is wanted.</summary>
    internal bool NeedsPort => _ports?.Wanted.Length > 0;

    /// <summary>Whether the selection depends on ports.</summary>
    internal bool LooksAtPorts => _ports is not null;

    private static bool Select(Terms<NumberRange>? terms, ulong value) =>
        terms is null || terms.Select(value, static (range, v) => range.Contains(v));

    private static bool Select(Terms<string>? terms, SafeText value) => terms is null || terms.Select(value, NamePattern.Matches);
}
