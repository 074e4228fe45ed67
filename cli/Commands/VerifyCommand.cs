using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class VerifyCommand
{
    public static Command Create()
    {
        var files = new FileArguments();
        var verify = new TaughtCommand("verify", "Read everything, and say what is damaged and where; exit code 3 if anything is", """
              tcptracer verify trace.tct                   good, or what cannot be read
              tcptracer verify *.tct || echo look closer   3 also for a file that is cut short, as after a crash
              tcptracer recover trace.tct -o saved.tct     saves what is good
            """);
        files.AddTo(verify);
        verify.SetAction(parsed => VerifyHandler.Run(files.Read(parsed)));
        return verify;
    }
}
