using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Filter;

/// <summary>
/// What the user asked for, option by option, as text: the same in every command. An empty list selects everything; commas separate,
/// <c>!</c> before an item excludes it.
/// </summary>
public sealed record Selection
{
    /// <summary>--pid</summary>
    public string? Pid { get; init; }

    /// <summary>--uid: numbers.</summary>
    public string? Uid { get; init; }

    /// <summary>--comm; * stands for anything.</summary>
    public string? Comm { get; init; }

    /// <summary>--addr: addresses or CIDR blocks, either end.</summary>
    public string? Addr { get; init; }

    /// <summary>--port: ports or ranges, either end.</summary>
    public string? Port { get; init; }

    /// <summary>--op: names or letters.</summary>
    public string? Op { get; init; }

    /// <summary>--failed: only connects that failed.</summary>
    public bool Failed { get; init; }

    /// <summary>--existing: also connections older than the recorder.</summary>
    public bool Existing { get; init; }

    /// <summary>Also what connections have sent and received so far: what a recording keeps, and a reader sees with --op.</summary>
    public bool Progress { get; init; }

    /// <summary>--netns: inode numbers of network namespaces.</summary>
    public string? Netns { get; init; }

    /// <summary>-n</summary>
    public string? Namespace { get; init; }

    /// <summary>-A: said, not just meant by leaving out -n.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>-p</summary>
    public string? Pod { get; init; }

    /// <summary>-c</summary>
    public string? Container { get; init; }

    /// <summary>-l: labels of the pod.</summary>
    public string? Labels { get; init; }

    /// <summary>--filter: an expression over the fields.</summary>
    public string? Filter { get; init; }

    /// <summary>The option that the expression comes from, for sentences about it.</summary>
    public string FilterOption { get; init; } = "--filter";

    /// <summary>What number a user's name stands for, where names are known; used by the expression.</summary>
    public Func<string, uint?>? UserNumber { get; init; }

    /// <summary>--node</summary>
    public string? Node { get; init; }

    /// <summary>
    /// The options that narrow the selection, as they are typed, with names in full: a cluster of letters is not always read as it was
    /// meant.
    /// </summary>
    public string Describe()
    {
        (string Option, string? Value)[] options =
        [
            ("--namespace", Namespace), ("--podname", Pod), ("--containername", Container), ("--selector", Labels), ("--node", Node), ("--pid", Pid), ("--uid", Uid), ("--comm", Comm), ("--addr", Addr),
            ("--port", Port), ("--op", Op), ("--failed", Failed ? "" : null), ("--netns", Netns), (FilterOption, Filter),
        ];
        return string.Join(' ', options.Where(o => o.Value is not null).Select(o => o.Value!.Length == 0 ? o.Option : $"{o.Option} {Quoted(o.Value)}"));
    }

    /// <summary>As a shell takes it.</summary>
    private static string Quoted(string value) =>
        value.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,@+".Contains(c)) ? value : ShellWord.Quoted(value);
}
