using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class RecoverCommand
{
    public static Command Create()
    {
        var file = new FileArguments("The damaged trace; - for standard input", ArgumentArity.ExactlyOne);
        var output = new Option<string>("--output", "-o") { HelpName = "FILE", Description = "The trace to write", Required = true };
        var force = new Option<bool>("--force") { Description = "Overwrite the trace to write, should there be one already" };
        var recover = new Command("recover", "Save what can be saved of a damaged trace into a new one; exit code 3 if anything was lost") { output, force };
        file.AddTo(recover);
        recover.SetAction(parsed => RecoverHandler.Run(file.Read(parsed)[0], parsed.GetValue(output)!, parsed.GetValue(force)));
        return recover;
    }
}
