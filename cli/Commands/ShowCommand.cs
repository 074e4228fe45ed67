using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class ShowCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Trace files; - for standard input", Arity = ArgumentArity.OneOrMore };
        var selection = new SelectionOptions();
        var output = new OutputOptions();
        var show = new Command("show", "Print the events of trace files as live mode printed them") { files };
        output.AddTo(show);
        selection.AddTo(show);
        show.SetAction(parsed => ShowHandler.Run(parsed.GetValue(files)!, selection.Read(parsed), () => output.ReadFormat(parsed), output.ReadWithStatus(parsed)));
        return show;
    }
}
