using System.CommandLine;
using TcpTracer.Cli.Handlers.Cluster;
using TcpTracer.Cli.Help;
using TcpTracer.Formats.Values;

namespace TcpTracer.Cli.Commands;

/// <summary>Starts and removes agents, and tells how they do.</summary>
internal static class ClusterDeployCommand
{
    private const string UsualPatience = "2m";

    public static IEnumerable<Command> CreateAll() => [CreateDeploy(), CreateUndeploy(), CreateStatus()];

    private static DocumentedCommand CreateDeploy()
    {
        var cluster = new ClusterOptions("--namespace", "-n");
        var patience = new TextOption("--timeout", "TIME",
            $"How long to wait until all agents run (default {UsualPatience}); 0: not at all");
        var deploy = new DocumentedCommand("deploy", "Start an agent on every node", """
              tcptracer cluster deploy
              tcptracer cluster deploy --image registry.example/tcptracer:0.1.0
              tcptracer cluster deploy --namespace tracing --timeout 5m
            """)
        {
            Notes = """
                It applies the manifest that is in the executable (deploy/daemonset.yaml) on the server's side,
                and says why a node does not come up.
                Repeated, it changes what differs.
                """,
        };
        deploy.Options.Add(patience);
        cluster.AddTo(deploy, withImage: true);
        deploy.SetAction(parsed => DeployHandler.Deploy(
            cluster.Read(parsed), Quantity.TimeOrZero("--timeout", parsed.GetValue(patience) ?? UsualPatience)));
        return deploy;
    }

    private static DocumentedCommand CreateUndeploy()
    {
        var cluster = new ClusterOptions("--namespace", "-n");
        var undeploy = new DocumentedCommand("undeploy", "Remove the agents of all nodes", """
              tcptracer cluster undeploy
            """)
        {
            Notes = "A namespace that deploy has not made stays. So does what the agents have recorded, on the nodes.",
        };
        cluster.AddTo(undeploy);
        undeploy.SetAction(parsed => DeployHandler.Undeploy(cluster.Read(parsed)));
        return undeploy;
    }

    private static DocumentedCommand CreateStatus()
    {
        var cluster = new ClusterOptions("--namespace", "-n");
        var node = new TextOption("--node", "NAMES", "Only these nodes");
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "text, or json: a line for each node", "text", "json");
        var status = new DocumentedCommand("status", "Tell which nodes have an agent, and how each does", """
              tcptracer cluster status
              tcptracer cluster status --node worker-3
              tcptracer cluster status -o json
            """)
        {
            Notes = "It exits with 1 if an agent does not record.",
        };
        status.Options.Add(node);
        status.Options.Add(output);
        cluster.AddTo(status);
        status.SetAction(parsed => StatusHandler.Run(cluster.Read(parsed), parsed.GetValue(node), json: output.Read(parsed) == "json"));
        return status;
    }
}
