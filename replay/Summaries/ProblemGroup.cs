using TcpTracer.Formats.Events;
using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Summaries;

/// <summary>Connections that failed in the same way at the same place.</summary>
/// <param name="Operation"><see cref="Operation.ConnectFailed"/>, or <see cref="Operation.Unaccepted"/>.</param>
/// <param name="Error">The errno; 0: none, the connect was given up or nobody accepted it.</param>
/// <param name="To">Whom it called.</param>
/// <param name="Port">The port that it called.</param>
public readonly record struct FailureKey(Operation Operation, ushort Error, Party To, ushort Port);

/// <summary>Connections that were broken in the same way between the same two parties.</summary>
/// <param name="Reason">How; <see cref="Reason.ResetSent"/> for every reset whose sender is known.</param>
/// <param name="By">Who sent the reset; where that is not known, or it is none, the caller.</param>
/// <param name="Other">The other one.</param>
/// <param name="Port">The port that was called.</param>
/// <param name="IsByCaller">Whether <paramref name="By"/> is who called.</param>
public readonly record struct BreakKey(Reason Reason, Party By, Party Other, ushort Port, bool IsByCaller);

/// <summary>Connections that went wrong in one way: how many, when, and a few of them.</summary>
public sealed class ProblemGroup
{
    private const int MostExamples = 3, MostCallers = 256;
    private readonly List<CallExample> _examples = [];
    private readonly Dictionary<Party, long> _callers = [];

    /// <summary>How many.</summary>
    public long Count { get; private set; }

    /// <summary>When the first of them went wrong, in nanoseconds since 1970.</summary>
    public long FirstNs { get; private set; } = long.MaxValue;

    /// <summary>When the last of them went wrong, in nanoseconds since 1970.</summary>
    public long LastNs { get; private set; } = long.MinValue;

    /// <summary>The first few.</summary>
    public IReadOnlyList<CallExample> Examples => _examples;

    /// <summary>Who called most, and how many others.</summary>
    public (Party? Caller, int Others) Callers =>
        (_callers.OrderByDescending(c => c.Value).ThenBy(c => c.Key.ToString(), StringComparer.Ordinal).FirstOrDefault().Key,
            Math.Max(0, _callers.Count - 1));

    /// <summary>Whether there are more callers than are counted.</summary>
    public bool HasMoreCallers { get; private set; }

    internal void Add(in TcpEvent row, Party from)
    {
        Count++;
        (FirstNs, LastNs) = (Math.Min(FirstNs, row.WallNs), Math.Max(LastNs, row.WallNs));
        if (_examples.Count < MostExamples)
            _examples.Add(CallExample.Of(in row));
        if (_callers.Count < MostCallers || _callers.ContainsKey(from))
            _callers[from] = _callers.GetValueOrDefault(from) + 1;
        else
            HasMoreCallers = true;
    }
}
