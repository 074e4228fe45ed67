using System.CommandLine;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Filter.Expressions;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

/// <summary>Which events: the same options in every command that selects. <c>tcptracer help selection</c> explains them.</summary>
internal sealed class SelectionOptions
{
    private readonly Option<bool> _allNamespaces = new("--all-namespaces", "-A")
    {
        Description = "All namespaces, and processes in no pod",
    };

    private readonly TextOption _namespace = new("--namespace", "NAMES", "Only pods in these Kubernetes namespaces", "-n");
    private readonly TextOption _pod = new("--podname", "NAMES", "Only these pods", "-p");
    private readonly TextOption _container = new("--containername", "NAMES", "Only these containers", "-c");
    private readonly TextOption _labels = new("--selector", "LABELS", "Only pods with these labels, as in 'app=web'", "-l");
    private readonly TextOption _node = new("--node", "NAMES", "Only these nodes");
    private readonly TextOption _pid = new("--pid", "PIDS", "Only these processes");
    private readonly TextOption _uid = new("--uid", "USERS", "Only processes of these users, by number or name");
    private readonly TextOption _comm = new("--comm", "NAMES", "Only these commands, as in 'ng*,!curl'");
    private readonly TextOption _addr = new("--addr", "CIDRS", "Only these addresses or blocks, at either end");
    private readonly TextOption _port = new("--port", "PORTS", "Only these ports, at either end: 443,8000-8999");
    private readonly TextOption _op = new("--op", "OPS", "Only these operations, as in connect,close or C,X");
    private readonly Option<bool> _failed = new("--failed") { Description = "Only connects that failed" };
    private readonly Option<bool> _existing = new("--existing")
    {
        Description = "Also connections that are older than the recorder, and those still open at its end",
    };

    private readonly TextOption _filter = new("--filter", "EXPR", "Only where EXPR is true, as in 'latency > 10ms'", "-F");
    private readonly TextOption _netns = new("--netns", "NETNS", "Only these network namespaces: inode numbers, names or paths");

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        _op.CompletionSources.Add([.. OperationNames.All]);
        Option[] all =
        [
            _allNamespaces, _namespace, _pod, _container, _labels, _node, _pid, _uid,
            _comm, _addr, _port, _op, _failed, _existing, _netns, _filter,
        ];
        foreach (Option option in all)
            command.Options.Add(option);
    }

    /// <summary>What was asked for.</summary>
    public Selection Read(ParseResult parsed)
    {
        if (parsed.GetValue(_allNamespaces) && parsed.GetValue(_namespace) is not null)
            throw new SelectionException("-A is all namespaces, -n some of them: choose one");
        if (parsed.GetValue(_filter) is { } filter && BareTimes.FirstIn(filter) is (var field, var number))
            Messages.Say($"--filter: {field} is compared with {number} nanoseconds; a unit says otherwise, as in {number}us or {number}ms");
        return ReadSelection(parsed);
    }

    private Selection ReadSelection(ParseResult parsed) => new()
    {
        Namespace = List(parsed, _namespace),
        AllNamespaces = parsed.GetValue(_allNamespaces),
        Pod = List(parsed, _pod),
        Container = List(parsed, _container),
        Labels = parsed.GetValue(_labels),
        Node = List(parsed, _node),
        Pid = List(parsed, _pid),
        Uid = UserNames.Resolve(List(parsed, _uid)),
        Comm = List(parsed, _comm),
        Addr = List(parsed, _addr),
        Port = List(parsed, _port),
        Op = List(parsed, _op),
        Failed = parsed.GetValue(_failed),
        Existing = parsed.GetValue(_existing),
        Filter = parsed.GetValue(_filter),
        UserNumber = UserNames.NumberOf,
        Netns = NetworkNamespace.Resolve(List(parsed, _netns)),
    };

    /// <summary>An empty list is an error: mostly it comes from a variable that is not set, and it would select everything.</summary>
    private static string? List(ParseResult parsed, Option<string?> option)
    {
        string? list = parsed.GetValue(option);
        return list is null || list.Split(',').Any(item => !string.IsNullOrWhiteSpace(item)) ? list
            : throw new SelectionException($"{option.Name}: a list is expected, as in {option.Name} A,B, not an empty value");
    }
}
