using System.Text.RegularExpressions;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Filter;

/// <summary>
/// What the user asked for, as text, option by option. All commands have the same options. A list is separated by commas; <c>!</c> before
/// an item excludes it; null or an empty list selects everything.
/// </summary>
public sealed partial record Selection
{
    /// <summary>--pid: process ids.</summary>
    public string? Pid { get; init; }

    /// <summary>--uid: user ids, as numbers.</summary>
    public string? Uid { get; init; }

    /// <summary>--comm: names of commands; * stands for any text.</summary>
    public string? Comm { get; init; }

    /// <summary>--addr: addresses or CIDR blocks of either end.</summary>
    public string? Addr { get; init; }

    /// <summary>--port: ports or ranges of ports of either end.</summary>
    public string? Port { get; init; }

    /// <summary>--op: names or letters of operations.</summary>
    public string? Op { get; init; }

    /// <summary>--failed: only connects that failed.</summary>
    public bool Failed { get; init; }

    /// <summary>--existing: also connections that are older than the recorder.</summary>
    public bool Existing { get; init; }

    /// <summary>Whether progress events are selected, too. Recordings keep them; readers show them if --op asks for them.</summary>
    public bool Progress { get; init; }

    /// <summary>--netns: inodes of network namespaces.</summary>
    public string? Netns { get; init; }

    /// <summary>-n: Kubernetes namespaces.</summary>
    public string? Namespace { get; init; }

    /// <summary>Whether -A was given. Without -A and -n, live output on a node of a cluster shows one namespace.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>-p: names of pods.</summary>
    public string? Pod { get; init; }

    /// <summary>-c: names of containers.</summary>
    public string? Container { get; init; }

    /// <summary>-l: a selector for the labels of the pod.</summary>
    public string? Labels { get; init; }

    /// <summary>--filter: an expression over the fields.</summary>
    public string? Filter { get; init; }

    /// <summary>The option that the expression comes from, for error messages.</summary>
    public string FilterOption { get; init; } = "--filter";

    /// <summary>Finds the uid of a user name, for the expression; null: user names are not known.</summary>
    public Func<string, uint?>? UserNumber { get; init; }

    /// <summary>--node: names of nodes.</summary>
    public string? Node { get; init; }

    /// <summary>
    /// The options that narrow the selection, with their values quoted for a shell. Options are named in full, so that a user sees how
    /// a cluster of letters was read: <c>-pn</c> is <c>--podname n</c>.
    /// </summary>
    public string Describe() => Join(Options);

    /// <summary>
    /// The same for the header of a copy, which goes to others. It does not name what the selection excludes, only that there is such. A
    /// filter that may exclude something by name is left out as a whole.
    /// </summary>
    public string DescribeWanted()
    {
        (string Option, string? Value)[] all = [.. Options.Where(o => o.Value is not null)];
        (string Option, string? Value)[] wanted = [.. all.Select(o => (o.Option, Wanted(o.Option, o.Value!)))];
        return wanted.SequenceEqual(all) ? Join(all) : $"{Join(wanted)} (and exclusions)".TrimStart();
    }

    private string? Wanted(string option, string value)
    {
        if (option == FilterOption || option == "--selector")
            return Exclusion.IsMatch(value) ? null : value;
        string list = string.Join(',', value.Split(',').Where(item => !item.TrimStart().StartsWith('!')));
        return list.Length == 0 && value.Length > 0 ? null : list;
    }

    [GeneratedRegex(@"!|\b(not|notin)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Exclusion { get; }

    private static readonly Dictionary<string, string> s_fieldOfOption = new()
    {
        ["--namespace"] = "namespace", ["--podname"] = "pod", ["--containername"] = "container", ["--node"] = "node", ["--pid"] = "pid",
        ["--uid"] = "uid", ["--comm"] = "comm", ["--addr"] = "daddr", ["--port"] = "dport",
    };

    /// <summary>
    /// The selection for rows of connections: those that are older than the recorder, or open, count as well, and their progress may be all
    /// that is known of them. Whoever chooses operations gets these only.
    /// </summary>
    public Selection ForConnections() => Op is null && !Failed ? this with { Existing = true, Progress = true } : this;

    /// <summary>The field of the only option that is given; null: none is given, or several, or one without a field.</summary>
    public string? OnlyField =>
        Options.Where(o => o.Value is not null).ToArray() is [var only] ? s_fieldOfOption.GetValueOrDefault(only.Option) : null;

    /// <summary>The options that are given, by their long names, with their values; empty: an option without one.</summary>
    public IEnumerable<(string Option, string Value)> Given => Options.Where(o => o.Value is not null).Select(o => (o.Option, o.Value!));

    /// <summary>The options as another run of the program takes them, each a word of a command line.</summary>
    public IEnumerable<string> Arguments =>
    [
        .. AllNamespaces ? ["--all-namespaces"] : Array.Empty<string>(),
        .. Options.Where(o => o.Value is not null).Select(o => o.Value!.Length == 0 ? o.Option : $"{o.Option}={o.Value}"),
        .. Existing ? ["--existing"] : Array.Empty<string>(),
    ];

    private (string Option, string? Value)[] Options =>
    [
        ("--namespace", Namespace), ("--podname", Pod), ("--containername", Container), ("--selector", Labels), ("--node", Node),
        ("--pid", Pid), ("--uid", Uid), ("--comm", Comm), ("--addr", Addr), ("--port", Port),
        ("--op", Op), ("--failed", Failed ? "" : null), ("--netns", Netns), (FilterOption, Filter),
    ];

    private static string Join(IEnumerable<(string Option, string? Value)> options)
    {
        string Typed(string option, string value) => value.Length == 0 ? option : $"{option} {Quoted(value)}";
        return string.Join(' ', options.Where(o => o.Value is not null).Select(o => Typed(o.Option, o.Value!)));
    }

    /// <summary>The value as it is typed into a shell.</summary>
    private static string Quoted(string value) =>
        value.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,@+".Contains(c)) ? value : ShellWord.Quoted(value);
}
