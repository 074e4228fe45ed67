using System.CommandLine;
using TcpTracer.Cli.Handlers.Inspection;
using TcpTracer.Cli.Help;

namespace TcpTracer.Cli.Commands;

internal static class InfoCommand
{
    public static Command Create()
    {
        var files = new FileArguments();
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "text or json", "text", "json");
        var info = new DocumentedCommand("info", "Say who recorded a trace, where, when, and what was lost", """
              tcptracer info trace.tct                             takes no time, however large the trace is
              tcptracer info *.tct | grep -E 'tct:| lost '         which of these lost events
              tcptracer info trace.tct -o json | jq .operations    for scripts
            """) { output };
        files.AddTo(info);
        info.SetAction(parsed => InfoHandler.Run(files.Read(parsed), json: output.Read(parsed) == "json"));
        return info;
    }
}
