using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class RecordCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--output", "-o") { HelpName = "FILE", Description = "The trace file to write; - for standard output", Required = true };
        var print = new Option<bool>("--print") { Description = "Print the events, too" };
        var failOnLoss = new Option<bool>("--fail-on-loss") { Description = "Exit with 3 if events were lost" };
        var command = new Argument<string[]>("COMMAND") { Description = "After --: record only this command and what it starts, and pass on its exit status", Arity = ArgumentArity.ZeroOrMore };
        var selection = new SelectionOptions();
        var output = new OutputOptions("--format", "-O");
        var capture = new CaptureCommandOptions();
        var record = new Command("record", "Record events into a trace file") { file, print, failOnLoss, command };
        output.AddTo(record);
        selection.AddTo(record);
        capture.AddTo(record);
        record.SetAction(parsed => RecordHandler.Run(new RecordRequest
        {
            File = parsed.GetValue(file)!,
            Command = parsed.GetValue(command) ?? [],
            FailOnLoss = parsed.GetValue(failOnLoss),
            Capture = capture.Read(parsed),
            Selection = selection.Read(parsed),
            Print = parsed.GetValue(print) ? output.ReadFormat(parsed) : null,
            WithStatus = output.ReadWithStatus(parsed),
        }));
        return record;
    }
}
