using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

/// <summary>The root: without a subcommand it prints events as they happen.</summary>
internal static class TcpTracerCommand
{
    private const string Description = """
        Watches TCP connections: who connected to whom, by process, container and pod.

          tcptracer                                  print connections as they happen
          tcptracer -o json --port 443               the same as JSON lines, one port only
          tcptracer record -o trace.tct              record until Ctrl-C
          tcptracer record -o trace.tct -- curl URL  record one command and what it starts
          tcptracer show trace.tct -o json           replay, anywhere, without privileges

        T is C (connected), A (accepted), X (closed by its owner), U (ended by a reset or time-out), F (connect failed).
        Exit codes: 0 done, 1 failed, 2 usage, 3 data lost or damaged, 4 this machine cannot record.
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
        root.Options.Add(new Option<bool>("--verbose") { Description = "On failure, show where", Recursive = true });
        root.Subcommands.Add(RecordCommand.Create());
        root.Subcommands.Add(ShowCommand.Create());
        root.Subcommands.Add(InfoCommand.Create());
        root.Subcommands.Add(VerifyCommand.Create());
        root.Subcommands.Add(RecoverCommand.Create());
        root.Subcommands.Add(DoctorCommand.Create());
        root.Subcommands.Add(FieldsCommand.Create());
        root.SetAction(parsed => LiveHandler.Run(capture.Read(parsed), selection.Read(parsed), output.ReadFormat(parsed), output.ReadWithStatus(parsed)));
        return root;
    }
}
