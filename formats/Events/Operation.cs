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
    ];

    /// <summary>Every name, in order.</summary>
    public static IEnumerable<string> All => s_all.Select(o => o.Name);

    /// <summary>Every letter, in order.</summary>
    public static IEnumerable<string> Letters => s_all.Select(o => o.Letter.ToString());

    /// <summary>The name in JSON and on the command line; <c>unknown(17)</c> for one of a later version.</summary>
    public static string NameOf(Operation operation) =>
        operation is >= Operation.Connect and <= Operation.Existing ? s_all[(int)operation - 1].Name : $"unknown({(int)operation})";

    /// <summary>The letter in column T; <c>?</c> for one of a later version.</summary>
    public static char LetterOf(Operation operation) =>
        operation is >= Operation.Connect and <= Operation.Existing ? s_all[(int)operation - 1].Letter : '?';

    /// <summary>From a name or a letter.</summary>
    public static Operation? Parse(string text)
    {
        foreach ((Operation operation, string name, char letter) in s_all)
        {
            if (text == name || (text.Length == 1 && text[0] == letter))
                return operation;
        }
        return null;
    }
}
