using TcpTracer.Formats.Events;
using TcpTracer.Formats.Pipeline.Expressions;

namespace TcpTracer.Formats.Pipeline;

/// <summary>
/// The one filter: the same object selects live, while recording, and at replay. What can be said in the kernel's terms it also offers
/// for pushing down; it filters all the same, so that it never matters whether the kernel did.
/// </summary>
public sealed class EventFilter
{
    private readonly Terms<NumberRange>? _pids, _uids, _ports, _netns;
    private readonly Terms<string>? _comms, _namespaces, _pods, _containers, _nodes;
    private readonly Terms<AddressBlock>? _addresses;
    private readonly uint _operations;
    private readonly EventPredicate? _expression;

    /// <summary>Reads the user's words.</summary>
    /// <exception cref="SelectionException">One of them cannot be understood.</exception>
    public EventFilter(Selection selection)
    {
        _pids = Terms<NumberRange>.Parse(selection.Pid, NumberRange.Parser("--pid", uint.MaxValue, ranges: false));
        _uids = Terms<NumberRange>.Parse(selection.Uid, NumberRange.Parser("--uid", uint.MaxValue, ranges: false));
        _ports = Terms<NumberRange>.Parse(selection.Port, NumberRange.Parser("--port", ushort.MaxValue, ranges: true));
        _netns = Terms<NumberRange>.Parse(selection.Netns, NumberRange.Parser("--netns", uint.MaxValue, ranges: false));
        _comms = Terms<string>.Parse(selection.Comm, s => s);
        _namespaces = Terms<string>.Parse(selection.Namespace, s => s);
        _pods = Terms<string>.Parse(selection.Pod, s => s);
        _containers = Terms<string>.Parse(selection.Container, s => s);
        _nodes = Terms<string>.Parse(selection.Node, s => s);
        _addresses = Terms<AddressBlock>.Parse(selection.Addr, AddressBlock.Parse);
        _operations = OperationsOf(selection);
        _expression = selection.Filter is null ? null : FilterExpression.Compile(selection.Filter);
    }

    private static uint OperationsOf(Selection selection)
    {
        Terms<Operation>? named = Terms<Operation>.Parse(selection.Op, text => OperationNames.Parse(text)
            ?? throw SelectionException.UnknownName("operation", text, [.. OperationNames.All], $"known: {string.Join(", ", OperationNames.All)}"));
        uint all = ~0u;
        if (!selection.Existing && named?.Wanted.Contains(Operation.Existing) != true)
            all &= ~Bit(Operation.Existing);
        if (selection.Failed)
            all &= Bit(Operation.ConnectFailed);
        if (named is null)
            return all;
        uint wanted = named.Wanted.Aggregate(0u, (bits, o) => bits | Bit(o));
        uint unwanted = named.Unwanted.Aggregate(0u, (bits, o) => bits | Bit(o));
        return all & (wanted == 0 ? ~0u : wanted | (selection.Existing ? Bit(Operation.Existing) : 0)) & ~unwanted;
    }

    private static uint Bit(Operation operation) => (int)operation < 32 ? 1u << (int)operation : 0;

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

    /// <summary>For the kernel: only this network namespace. 0: it cannot narrow.</summary>
    public uint KernelNetns => _netns is { Wanted: [var only] } ? (uint)only.First : 0;

    /// <summary>Whether the event is wanted.</summary>
    public bool Matches(in TcpEvent e)
    {
        if ((_operations & Bit(e.Operation)) == 0)
            return false;
        ProcessIdentity process = e.Process;
        if (!Select(_pids, process.Pid) || !Select(_uids, process.Uid) || !Select(_netns, process.Netns))
            return false;
        if (_ports is not null && !_ports.Select((e.Sport, e.Dport), static (range, ends) => range.Contains(ends.Sport) || range.Contains(ends.Dport)))
            return false;
        if (_addresses is not null && !_addresses.Select((e.Saddr, e.Daddr), static (block, ends) => block.Contains(ends.Saddr) || block.Contains(ends.Daddr)))
            return false;
        return Select(_comms, process.Comm) && Select(_namespaces, e.Workload.Namespace) && Select(_pods, e.Workload.Pod)
            && Select(_containers, e.Workload.Container) && Select(_nodes, e.Workload.Node)
            && (_expression is null || _expression(in e));
    }

    private static bool Select(Terms<NumberRange>? terms, ulong value) => terms is null || terms.Select(value, static (range, v) => range.Contains(v));

    private static bool Select(Terms<string>? terms, SafeText value) => terms is null || terms.Select(value, NamePattern.Matches);
}
