using System.CommandLine;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Help;

namespace TcpTracer.Cli.Commands;

internal static class RecoverCommand
{
    public static Command Create()
    {
        var file = new FileArguments("The damaged trace; - is standard input", ArgumentArity.ExactlyOne);
        var output = new Option<string>("--output", "-o")
        {
            HelpName = "FILE",
            Description = "The trace to write; - is standard output",
            Required = true,
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the trace to write if it exists" };
        var recover = new DocumentedCommand("recover", "Save the good parts of a damaged trace into a new one", """
              tcptracer recover trace.tct -o saved.tct             then: tcptracer show saved.tct
              xzcat trace.tct.xz | tcptracer recover - -o saved.tct
              tcptracer recover trace.tct -o - | tcptracer show -  to standard output
            """) { output, force };
        recover.Notes = "Exit code 3 says that the trace was damaged or cut short, and that its good parts are saved.";
        file.AddTo(recover);
        recover.SetAction(parsed => RecoverHandler.Run(file.Read(parsed)[0], parsed.GetValue(output)!, parsed.GetValue(force)));
        return recover;
    }
}
