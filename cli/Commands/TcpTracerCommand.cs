using System.CommandLine;
using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;

namespace TcpTracer.Cli.Commands;

/// <summary>The root: without a subcommand it prints events as they happen.</summary>
internal static class TcpTracerCommand
{
    /// <summary>In every command.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Description = "On failure, show where in the program it happened",
        Recursive = true,
    };

    private const string Description = """
        Watches TCP connections: who connected to whom, by process, container and pod.
        Without a command it prints them as they happen.
        """;

    public static RootCommand Create()
    {
        var selection = new SelectionOptions();
        var output = new OutputOptions();
        var capture = new CaptureCommandOptions();
        var root = new RootCommand(Description);
        output.AddTo(root);
        selection.AddTo(root);
        capture.AddTo(root);
        root.Options.Add(Verbose);
        root.Subcommands.Add(RecordCommand.Create());
        root.Subcommands.Add(AgentCommand.Create());
        root.Subcommands.Add(ShowCommand.Create());
        root.Subcommands.Add(InfoCommand.Create());
        root.Subcommands.Add(VerifyCommand.Create());
        root.Subcommands.Add(RecoverCommand.Create());
        root.Subcommands.Add(SummaryCommand.Create());
        root.Subcommands.Add(TopCommand.Create());
        root.Subcommands.Add(DiffCommand.Create());
        root.Subcommands.Add(PolicyCommand.Create());
        root.Subcommands.Add(FilterCommand.Create());
        root.Subcommands.Add(MergeCommand.Create());
        root.Subcommands.Add(RedactCommand.Create());
        root.Subcommands.Add(ExportCommand.Create());
        root.Subcommands.Add(ReportCommand.Create());
        root.Subcommands.Add(ClusterCommand.Create());
        root.Subcommands.Add(DoctorCommand.Create());
        root.Subcommands.Add(FieldsCommand.Create());
        root.Subcommands.Add(CompletionCommand.Create());
        root.Subcommands.Add(HelpCommand.Create(root));
        GroupedHelp.Install(root);
        VersionAction.Install(root);
        root.SetAction(parsed => LiveHandler.Run(new LiveRequest
        {
            Capture = capture.Read(parsed),
            Selection = output.Widen(parsed, selection.Read(parsed)),
            Connections = output.ReadConnections(parsed),
            Format = output.ReadFormat(parsed),
            WithStatus = output.ReadWithStatus(parsed),
        }));
        return root;
    }
}
