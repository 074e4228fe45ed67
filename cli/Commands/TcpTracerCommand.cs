using System.CommandLine;
using TcpTracer.Cli.Handlers;
using TcpTracer.Cli.Requests;

namespace TcpTracer.Cli.Commands;

/// <summary>The root: without a subcommand it prints events as they happen.</summary>
internal static class TcpTracerCommand
{
    /// <summary>In every command.</summary>
    public static Option<bool> Verbose { get; } = new("--verbose") { Description = "On failure, show where in the program", Recursive = true };

    private const string Description = """
        Watches TCP connections: who connected to whom, by process, container and pod.
        Without a command it prints them as they happen.
        """;

    private const string Lesson = """
        Examples:
          tcptracer                                    print connections as they happen
          tcptracer -o json --port 443,8000-8999       as JSON lines, these ports only
          tcptracer --failed                           connects that failed, and with -o wide why
          tcptracer -n shop -l app=web -o wide         pods by namespace and label; both ends by name
          tcptracer -F 'latency_ns > 100ms'            connects that took long
          tcptracer record -o trace.tct                record until Ctrl-C
          tcptracer record -o trace.tct -- curl URL    record one command and what it starts
          tcptracer show trace.tct -o json             replay, anywhere, without privileges

        The column T is C (connected), A (accepted), X (closed by its owner), U (ended by a reset or
        time-out, or never accepted: OPERATION tells), F (connect failed), E (there before the recorder,
        or open at its end; with --existing), P (progress, with --progress-every).
        In lists, commas separate and ! excludes: --comm 'c*,!curl'.

        Filters (-F): comparisons of fields, joined by and, or, not and parentheses.
          == != < <= > >=          dport == 443, latency_ns > 10ms, sent_bytes < 64K
          =~ !~                    a regular expression: pod =~ ^api-
          in (..)                  comm in (curl, wget)
          cidr(field, block, ..)   cidr(daddr, 10.0.0.0/8, fd00::/8)
          a field alone            asks whether it applies: error and not reason == exit
          port, addr               either end: port == 443; also op, failed, latency, duration
          src, dst                 with the port: dst == svc/shop/db:5432, dst =~ ^svc/shop/db:
        `tcptracer fields` lists the fields.

        Exit codes: 0 done, 1 failed, 2 usage, 3 finished, but data was lost or damaged, 4 recording is
        not possible here; record -- COMMAND exits as the command did (126 not executable, 127 not found).
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
        root.Subcommands.Add(ShowCommand.Create());
        root.Subcommands.Add(InfoCommand.Create());
        root.Subcommands.Add(VerifyCommand.Create());
        root.Subcommands.Add(RecoverCommand.Create());
        root.Subcommands.Add(SummaryCommand.Create());
        root.Subcommands.Add(DoctorCommand.Create());
        root.Subcommands.Add(FieldsCommand.Create());
        root.Subcommands.Add(CompletionCommand.Create());
        TeachingHelp.Install(root, Lesson);
        VersionAction.Install(root);
        root.SetAction(parsed => LiveHandler.Run(new LiveRequest
        {
            Capture = capture.Read(parsed),
            Selection = selection.Read(parsed),
            Format = output.ReadFormat(parsed),
            WithStatus = output.ReadWithStatus(parsed),
        }));
        return root;
    }
}
