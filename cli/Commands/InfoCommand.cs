using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class InfoCommand
{
    public static Command Create()
    {
        var files = new FileArguments();
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "text or json", "text", "json");
        var info = new Command("info", "Say who recorded a trace, where, when, how much, and what was lost") { output };
        files.AddTo(info);
        info.SetAction(parsed => InfoHandler.Run(files.Read(parsed), json: output.Read(parsed) == "json"));
        return info;
    }
}
