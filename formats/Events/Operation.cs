namespace TcpTracer.Formats.Events;

/// <summary>What happened. The numbers are those of the kernel probes and of trace files: never change one.</summary>
public enum Operation : byte
{
    /// <summary>connect() succeeded.</summary>
    Connect = 1,

    /// <summary>accept() returned a connection.</summary>
    Accept = 2,

    /// <summary>Closed by its owner: close(), shutdown(), or the process ending.</summary>
    Close = 3,

    /// <summary>Ended by something else: a reset, a time-out, an administrator.</summary>
    Unknown = 4,

    /// <summary>connect() failed.</summary>
    ConnectFailed = 5,

    /// <summary>A connection older than the recorder.</summary>
    Existing = 6,

    /// <summary>A connection that goes on: what it has sent and received so far.</summary>
    Progress = 7,

    /// <summary>A connection that its listener never accepted: its queue was full, or it was closed.</summary>
    Unaccepted = 8,
}

/// <summary>How operations are written.</summary>
public static class OperationNames
{
    private static readonly (Operation Operation, string Name, char Letter)[] s_all =
    [
        (Operation.Connect, "connect", 'C'),
        (Operation.Accept, "accept", 'A'),
        (Operation.Close, "close", 'X'),
        (Operation.Unknown, "unknown", 'U'),
        (Operation.ConnectFailed, "connect-failed", 'F'),
        (Operation.Existing, "existing", 'E'),
        (Operation.Progress, "progress", 'P'),
        (Operation.Unaccepted, "unaccepted", 'U'),
    ];

    /// <summary>Every name, in order.</summary>
    public static IEnumerable<string> All => s_all.Select(o => o.Name);

    /// <summary>Every letter once, in order; two operations may share one.</summary>
    public static IEnumerable<string> Letters => s_all.Select(o => o.Letter.ToString()).Distinct();

    /// <summary>The name in JSON and on the command line; <c>unknown(17)</c> for one of a later version.</summary>
    public static string NameOf(Operation operation) =>
        IsKnown(operation) ? s_all[(int)operation - 1].Name : $"unknown({(int)operation})";

    /// <summary>The letter in column T; <c>?</c> for one of a later version.</summary>
    public static char LetterOf(Operation operation) =>
        IsKnown(operation) ? s_all[(int)operation - 1].Letter : '?';

    private static bool IsKnown(Operation operation) => operation is >= Operation.Connect and <= Operation.Unaccepted;

    /// <summary>The one of this name, or all of this letter; none: it is neither.</summary>
    public static IReadOnlyList<Operation> Parse(string text) =>
        [.. s_all.Where(o => text == o.Name || (text.Length == 1 && text[0] == o.Letter)).Select(o => o.Operation)];

    /// <summary>The names that a name or a letter stands for; none: it is neither.</summary>
    public static IReadOnlyList<string> Expand(string text) => [.. Parse(text).Select(NameOf)];
}
