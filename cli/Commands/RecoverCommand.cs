using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class RecoverCommand
{
    public static Command Create()
    {
        var file = new FileArguments("The damaged trace; - for standard input", ArgumentArity.ExactlyOne);
        var output = new Option<string>("--output", "-o") { HelpName = "FILE", Description = "The trace to write; - for standard output", Required = true };
        var force = new Option<bool>("--force") { Description = "Overwrite the trace to write, should there be one already" };
        var recover = new TaughtCommand("recover", "Save what can be saved of a damaged trace into a new one; exit code 3 if it was damaged", """
              tcptracer recover trace.tct -o saved.tct             then: tcptracer show saved.tct
              xzcat trace.tct.xz | tcptracer recover - -o saved.tct
              tcptracer recover trace.tct -o - | tcptracer show -  to standard output
            """) { output, force };
        file.AddTo(recover);
        recover.SetAction(parsed => RecoverHandler.Run(file.Read(parsed)[0], parsed.GetValue(output)!, parsed.GetValue(force)));
        return recover;
    }
}
