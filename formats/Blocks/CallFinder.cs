using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Blocks;

/// <summary>
/// Finds who calls whom in the ends of a batch, by the objects that name both. A batch has many more ends than calls, so whoever gets it
/// makes parties of few objects.
/// </summary>
internal sealed class CallFinder
{
    private const int Unknown = 0, ByTime = -1;

    private const int MostCommands = 1_024;
    private readonly Dictionary<SafeText, SafeText> _commands = []; // each process has an object of its own
    private readonly Dictionary<object, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly List<object?> _names = [];
    private readonly Dictionary<ulong, int> _calls = new(SeededHash.One);
    private readonly ReusableArray<int> _own = new(), _ownAddress = new(), _other = new(); // numbers of names, by dictionary entry
    private BlockBatch _batch = null!;

    /// <summary>The ends that follow are of a batch, which gets their calls.</summary>
    public void Begin(BlockBatch batch)
    {
        _batch = batch;
        _numbers.Clear();
        _calls.Clear();
        _names.Clear();
        _names.Add(null); // number 0 stands for nobody
        _own.Take(batch.Block.LocalEntries).Clear();
        _ownAddress.Take(batch.Block.LocalEntries).Clear();
        _other.Take(batch.Block.RemoteEntries).Clear();
    }

    /// <summary>The number of the call of an end.</summary>
    /// <param name="end">A plain end, but for its call.</param>
    /// <param name="port">The port that the dictionary entries leave open.</param>
    public int Find(in WholeEnd end, ushort port)
    {
        ref readonly BlockDictionaries.LocalEntry local = ref _batch.Block.Locals[end.Local];
        ref readonly BlockDictionaries.RemoteEntry remote = ref _batch.Block.Remotes[end.Remote];
        int own = OwnOf(in end), other = OtherOf(in end);
        (int from, int to, int reached) = end.IsCalled ? (other, OwnAddressOf(in end), own) : (own, other, 0);
        int given = end.IsCalled ? local.Port : remote.Port;
        ushort called = given < 0 ? port : (ushort)given;
        // A batch has at most 3 * 16 384 names, so each number fits into 16 bits
        ulong key = (ulong)from << 48 | (ulong)to << 32 | (ulong)reached << 16 | called;
        ref int call = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_calls, key, out bool isKnown);
        if (isKnown)
            return call;
        call = _batch.CallList.Count;
        _batch.CallList.Add(new BatchCall(_names[from]!, _names[to]!, _names[reached], called));
        return call;
    }

    private int OwnOf(in WholeEnd end)
    {
        int known = _own.Span[end.Local];
        if (known > 0)
            return known;
        TcpEvent e = ExampleOf(in end);
        int number = NumberOf(e.OwnName);
        _own.All[end.Local] = known == Unknown && (e.IsNamedByOwner || !e.View.IsClaimed(e.Saddr)) ? number : ByTime;
        return number;
    }

    private int OwnAddressOf(in WholeEnd end)
    {
        int known = _ownAddress.Span[end.Local];
        if (known > 0)
            return known;
        TcpEvent e = ExampleOf(in end);
        int number = NumberOf(e.OwnAddressName);
        _ownAddress.All[end.Local] = known == Unknown && !e.View.IsClaimed(e.Saddr) ? number : ByTime;
        return number;
    }

    private int OtherOf(in WholeEnd end)
    {
        int known = _other.Span[end.Remote];
        if (known > 0)
            return known;
        TcpEvent e = ExampleOf(in end);
        int number = NumberOf(e.OtherName);
        // In a merged trace the view depends on the other end of the connection
        _other.All[end.Remote] = known == Unknown && !_batch.View.IsMerged && !e.View.IsClaimed(e.Daddr) ? number : ByTime;
        return number;
    }

    /// <summary>Of all equal commands one object, so that their calls are one.</summary>
    private SafeText OneOf(SafeText command)
    {
        if (_commands.TryGetValue(command, out SafeText? known))
            return known;
        if (_commands.Count >= MostCommands)
            _commands.Clear();
        return _commands[command] = command;
    }

    /// <summary>What names depend on.</summary>
    private TcpEvent ExampleOf(in WholeEnd end)
    {
        ref readonly BlockDictionaries.LocalEntry local = ref _batch.Block.Locals[end.Local];
        return new TcpEvent
        {
            StartNs = end.StartNs,
            Process = local.Process,
            Saddr = local.Address,
            Daddr = _batch.Block.Remotes[end.Remote].Address,
            View = _batch.View.For(local.Process.Source),
            Workload = _batch.Workloads[end.Local],
        };
    }

    private int NumberOf(object name)
    {
        if (name is SafeText command)
            name = OneOf(command);
        ref int number = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_numbers, name, out bool isKnown);
        if (isKnown)
            return number;
        number = _names.Count;
        _names.Add(name);
        return number;
    }
}
