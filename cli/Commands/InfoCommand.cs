using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class InfoCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Trace files; - for standard input", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output", "-o") { HelpName = "FORMAT", Description = "text or json", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        var info = new Command("info", "Say who recorded a trace, where, when, how much, and what was lost") { files, output };
        info.SetAction(parsed => InfoHandler.Run(parsed.GetValue(files)!, json: parsed.GetValue(output) == "json"));
        return info;
    }
}
