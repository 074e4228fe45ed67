using System.CommandLine;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Help;

namespace TcpTracer.Cli.Commands;

internal static class VerifyCommand
{
    public static Command Create()
    {
        var files = new FileArguments();
        var verify = new DocumentedCommand("verify", "Read a whole trace and say what is damaged, and where", """
              tcptracer verify trace.tct                   good, or what is damaged
              tcptracer verify *.tct || echo look closer   exit code 3 also for a trace that a crash cut short
              tcptracer recover trace.tct -o saved.tct     saves what is good
            """)
        {
            Notes = "Exit code 3 says that a trace is damaged or cut short.",
        };
        files.AddTo(verify);
        verify.SetAction(parsed => VerifyHandler.Run(files.Read(parsed)));
        return verify;
    }
}
