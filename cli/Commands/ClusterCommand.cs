using System.CommandLine;
using TcpTracer.Cli.Handlers.Cluster;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Values;

namespace TcpTracer.Cli.Commands;

/// <summary>
/// All nodes of a cluster at once: <c>tcptracer cluster</c>, and the same as <c>kubectl tcptracer</c> where a link names the executable so.
/// </summary>
internal static class ClusterCommand
{
    /// <summary>Its name.</summary>
    public const string Name = "cluster";

    public static Command Create()
    {
        var selection = new SelectionOptions();
        var output = new OutputOptions();
        var cluster = new ClusterOptions();
        var delay = new TextOption("--delay", "TIME", "How long an event waits for earlier ones of other nodes (default 1s)");
        var duration = new TextOption("--duration", "TIME", "End after this time, as in 30s, 5m or 1h");
        var count = new TextOption("--count", "N", "End after N events");
        var live = new DocumentedCommand(Name, "All nodes of a Kubernetes cluster at once, through its agents", """
              tcptracer cluster                              live, in the namespace of the kubeconfig
              tcptracer cluster -n shop -l app=web -o wide   pods by namespace and label
              tcptracer cluster -A --failed -o json          as JSON lines
              tcptracer cluster record -o all.tct --duration 5m     one trace of all nodes
              tcptracer cluster collect --since 15m -o incident.tct    after it happened
              tcptracer cluster deploy                       starts an agent on every node
            """)
        {
            Notes = """
                A link kubectl-tcptracer to this executable makes it a plug-in of kubectl, which does the same.

                It needs a kubeconfig, and no BPF. An agent runs on each node (deploy), or for the time of one command (--once).
                Their streams
                come through the API server, as those of kubectl exec.
                """,
        };
        foreach (Option option in new Option[] { delay, duration, count })
            live.Options.Add(option);
        output.AddTo(live);
        selection.AddTo(live);
        cluster.AddTo(live, withOnce: true);
        live.Subcommands.Add(ClusterRecordCommand.CreateRecord());
        live.Subcommands.Add(ClusterRecordCommand.CreateCollect());
        foreach (Command command in ClusterDeployCommand.CreateAll())
            live.Subcommands.Add(command);
        live.SetAction(parsed => ClusterLiveHandler.Run(new ClusterLiveRequest
        {
            Cluster = cluster.Read(parsed),
            Selection = output.Widen(parsed, selection.Read(parsed)),
            Connections = output.ReadConnections(parsed),
            Format = output.ReadFormat(parsed),
            WithStatus = output.ReadWithStatus(parsed),
            Delay = Quantity.TimeOrZero("--delay", parsed.GetValue(delay) ?? "1s"),
            Duration = parsed.GetValue(duration) is { } time ? Quantity.Time("--duration", time) : null,
            Count = parsed.GetValue(count) is { } text ? Quantity.Number("--count", text) : null,
        }));
        return live;
    }
}
