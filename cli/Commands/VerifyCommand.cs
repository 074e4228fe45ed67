using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class VerifyCommand
{
    public static Command Create()
    {
        var files = new FileArguments();
        var verify = new Command("verify", "Read everything, and say what is damaged and where; exit code 3 if anything is");
        files.AddTo(verify);
        verify.SetAction(parsed => VerifyHandler.Run(files.Read(parsed)));
        return verify;
    }
}
