using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class VerifyCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Trace files; - for standard input", Arity = ArgumentArity.OneOrMore };
        var verify = new Command("verify", "Read everything, and say what is damaged and where; exit code 3 if anything is") { files };
        verify.SetAction(parsed => VerifyHandler.Run(parsed.GetValue(files)!));
        return verify;
    }
}
