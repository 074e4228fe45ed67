namespace TcpTracer.Formats.Events;

/// <summary>What happened to a connection. The kernel probes and trace files use these numbers: never change one.</summary>
public enum Operation : byte
{
    /// <summary>connect() succeeded.</summary>
    Connect = 1,

    /// <summary>accept() returned a connection.</summary>
    Accept = 2,

    /// <summary>The owner closed the connection: by close(), by shutdown(), or because the process ended.</summary>
    Close = 3,

    /// <summary>Something else ended the connection: a reset, a time-out, or an administrator.</summary>
    Unknown = 4,

    /// <summary>connect() failed.</summary>
    ConnectFailed = 5,

    /// <summary>The connection is older than the recorder.</summary>
    Existing = 6,

    /// <summary>The connection goes on; the event has the bytes that it has sent and received so far.</summary>
    Progress = 7,

    /// <summary>The connection was never accepted: the listener's queue was full, or the listener was closed.</summary>
    Unaccepted = 8,
}

/// <summary>The names and letters of operations.</summary>
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

    /// <summary>All names, in the order of the numbers.</summary>
    public static IEnumerable<string> All => s_all.Select(o => o.Name);

    /// <summary>All letters, each once, in the order of the numbers. Two operations may share a letter.</summary>
    public static IEnumerable<string> Letters => s_all.Select(o => o.Letter.ToString()).Distinct();

    /// <summary>The name in JSON and on the command line; <c>unknown(17)</c> for an operation of a later version.</summary>
    public static string NameOf(Operation operation) =>
        IsKnown(operation) ? s_all[(int)operation - 1].Name : $"unknown({(int)operation})";

    /// <summary>The letter in column T; <c>?</c> for an operation of a later version.</summary>
    public static char LetterOf(Operation operation) =>
        IsKnown(operation) ? s_all[(int)operation - 1].Letter : '?';

    private static bool IsKnown(Operation operation) => operation is >= Operation.Connect and <= Operation.Unaccepted;

    /// <summary>The operation of this name, or all operations of this letter; empty: it is neither.</summary>
    public static IReadOnlyList<Operation> Parse(string text) =>
        [.. s_all.Where(o => text == o.Name || (text.Length == 1 && text[0] == o.Letter)).Select(o => o.Operation)];

    /// <summary>The names that a name or a letter stands for; none: it is neither.</summary>
    public static IReadOnlyList<string> Expand(string text) => [.. Parse(text).Select(NameOf)];
}
